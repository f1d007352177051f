package dev.hongyan.gateway.webhook;

import dev.hongyan.gateway.reply.HeldRequest;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.ReplyContext;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;

/** A push at the door whose answer is waited for. */
final class HeldPush implements HeldRequest {
  private final WebhookDoor door;
  private final OpenRequest request;
  private final PushTarget target;
  private final ReplyContext context;

  HeldPush(WebhookDoor door, OpenRequest request, PushTarget target, ReplyContext context) {
    this.door = door;
    this.request = request;
    this.target = target;
    this.context = context;
  }

  @Override
  public ReplyContext context() {
    return context;
  }

  @Override
  public Future<Void> reply(byte[] body, BodyFormat format) {
    return door.answerHeld(request, Buffer.buffer(body), format);
  }

  @Override
  public void success() {
    door.succeedHeld(request);
  }

  @Override
  public void failed(Throwable why) {
    door.unavailable(request, target, why);
  }

  @Override
  public void hangUp() {
    WebhookDoor.hangUp(request);
  }
}
