// The console is an ordinary client of hongyan.v1: it has a token, subscribes live, and keeps its cursor itself.
"use strict";
(() => {
  const zh = (navigator.language || "en").toLowerCase().startsWith("zh");
  const words = zh ? {
    tagline: "微信与你的服务之间", tenants: "租户", perSecond: "条/秒", received: "已收到", people: "位用户",
    filter: "按主题过滤，例如 wx.mp.event.#", clear: "清空", pause: "暂停", resume: "继续",
    waiting: "正在等待消息……", live: "实时", connecting: "连接中", offline: "已断开，{s} 秒后重连", refused: "被拒绝",
    askTitle: "连接到你的消息流", askText: "粘贴客户端令牌。可用管理 API 的 client-tokens 签发；它只保存在此页面中。",
    connect: "连接", bad: "这不是有效的令牌。", gap: "此处缺失一段消息（{r}）", again: "第 {n} 次",
  } : {
    tagline: "Between WeChat and your services", tenants: "Tenants", perSecond: "per second", received: "received", people: "people",
    filter: "Filter by topic, e.g. wx.mp.event.#", clear: "Clear", pause: "Pause", resume: "Resume",
    waiting: "Waiting for messages…", live: "Live", connecting: "Connecting", offline: "Offline, again in {s} s", refused: "Refused",
    askTitle: "Connect to your stream", askText: "Paste a client token. The admin API mints one at client-tokens; it stays in this page only.",
    connect: "Connect", bad: "That is not a valid token.", gap: "Messages are missing here ({r})", again: "attempt {n}",
  };
  const say = (key, fill = {}) => words[key].replace(/\{(\w)\}/g, (_, k) => fill[k]);
  const $ = (id) => document.getElementById(id);
  document.documentElement.lang = zh ? "zh-CN" : "en";
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = words[e.dataset.t];
  for (const e of document.querySelectorAll("[data-p]")) e.placeholder = words[e.dataset.p];
  $("tenants").setAttribute("aria-label", words.tenants);

  const SHOWN_MAX = 200, KEPT_MAX = 500, PEOPLE_MAX = 10000, SECONDS = 60;
  const streams = [];
  let current = null, paused = false, matches = () => true;

  // One live connection for each tenant; what a tenant that is not shown receives is kept too, up to a limit.
  class Stream {
    constructor({ id, name, token }) {
      Object.assign(this, { id, name, token, kept: [], total: 0, people: new Set(), seconds: new Array(SECONDS).fill(0) });
      Object.assign(this, { state: "connecting", cursor: null, seen: new Set(), wait: 1000, retryIn: 0, socket: null, beats: 0 });
      this.connect();
    }
    connect() {
      this.set("connecting");
      const url = location.origin.replace(/^http/, "ws") + "/ws/v1";
      const socket = this.socket = new WebSocket(url, ["hongyan.v1", "bearer." + this.token]);
      this.heard = Date.now();
      socket.onopen = () => {
        const sub = { sub: "console", topics: ["#"], mode: "live" };
        if (this.cursor) sub.cursor = this.cursor;
        this.send({ op: "hello", client: "console-" + Math.random().toString(36).slice(2, 10), subscribe: [sub] });
      };
      socket.onmessage = (m) => {
        this.heard = Date.now();
        for (const line of m.data.split("\n")) if (line) this.on(JSON.parse(line));
      };
      socket.onclose = (e) => this.closed(e.code);
    }
    send(op) { if (this.socket.readyState === 1) this.socket.send(JSON.stringify(op)); }
    on(m) {
      if (m.op === "msg") this.message(m);
      else if (m.op === "subscribed") {
        this.cursor = m.cursor; this.wait = 1000; this.set("live");
        if (m.gap) this.add({ gap: m.gap.reason });
      } else if (m.op === "gap") this.add({ gap: m.reason });
      else if (m.op === "error" && m.code === "bad-cursor") { this.cursor = null; this.socket.close(); }
    }
    message(m) {
      this.cursor = m.cursor;
      // At least once: after a reconnect the same event may come again, with the same id.
      if (this.seen.has(m.event.id)) return;
      this.seen.add(m.event.id);
      if (this.seen.size > 2 * KEPT_MAX) this.seen.delete(this.seen.values().next().value);
      this.total++; this.seconds[SECONDS - 1]++;
      if (m.event.subject && this.people.size < PEOPLE_MAX) this.people.add(m.event.subject);
      this.add({ event: m.event, attempt: m.attempt });
    }
    add(item) {
      this.kept.push(item);
      if (this.kept.length > KEPT_MAX) this.kept.shift();
      if (this === current && !paused) queue.push(item);
    }
    closed(code) {
      if (code >= 4400 && code < 4500) { this.set("refused"); if (streams.length === 1) ask(words.bad); return; }
      const wait = code >= 4000 && code < 4100 ? 1000 * Math.random() : this.wait * (0.5 + Math.random() / 2);
      this.wait = Math.min(this.wait * 1.8, 60000);
      this.retryIn = Math.max(1, Math.round(wait / 1000));
      this.set("offline");
      setTimeout(() => this.connect(), wait);
    }
    set(state) { this.state = state; if (this === current) showState(); showTenants(); }
    second() {
      this.seconds.shift(); this.seconds.push(0);
      if (++this.beats % 20 === 0) this.send({ op: "beat", t: Date.now(), n: this.beats / 20 });
      if (this.state === "live" && Date.now() - this.heard > 45000) this.socket.close();
    }
  }

  // What arrives is drawn once per frame, newest on top.
  const queue = [];
  const draw = () => {
    const items = queue.splice(0).filter(shown).slice(-SHOWN_MAX);
    if (items.length) {
      const fresh = document.createDocumentFragment();
      for (const item of items.reverse()) fresh.append(row(item, true));
      $("stream").prepend(fresh);
      while ($("stream").childElementCount > SHOWN_MAX) $("stream").lastChild.remove();
    }
    $("empty").classList.toggle("shown", !$("stream").childElementCount);
    requestAnimationFrame(draw);
  };
  const redraw = () => {
    queue.length = 0;
    const items = current ? current.kept.filter(shown).slice(-SHOWN_MAX).reverse() : [];
    $("stream").replaceChildren(...items.map((i) => row(i, false)));
  };
  const shown = (item) => !item.event || matches(item.event.type);

  const make = (tag, className, text) => {
    const e = document.createElement(tag);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const tints = ["#10b981", "#3b82f6", "#a855f7", "#f59e0b", "#ec4899", "#14b8a6", "#6366f1", "#ef4444"];
  const tint = (topic) => {
    let h = 0;
    for (const c of topic.split(".").slice(2, 4).join(".").toLowerCase()) h = (h * 31 + c.charCodeAt(0)) >>> 0;
    return tints[h % tints.length];
  };
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  const gist = (d) => {
    if (d === null || typeof d !== "object") return String(d);
    const one = d.Content || d.EventKey || d.Recognition || d.Label || d.Title || d.PicUrl || d.Status || d.Event;
    return one ? String(one) : JSON.stringify(d);
  };
  const row = (item, fresh) => {
    if (!item.event) return make("li", "note", say("gap", { r: item.gap }));
    const { type, subject, time, data } = item.event;
    const li = make("li", fresh ? "fresh" : ""), details = make("details"), summary = make("summary");
    li.style.setProperty("--tint", tint(type));
    const when = make("time", "", clock.format(new Date(time)));
    when.dateTime = time; when.title = time;
    const what = make("span", "what", gist(data));
    if (item.attempt > 1) what.append(" ", make("em", "again", say("again", { n: item.attempt })));
    const who = make("span", "who", subject ? subject.slice(0, 6) + "…" + subject.slice(-4) : "");
    who.title = subject || "";
    const topic = make("span", "topic", type);
    topic.title = type;
    summary.append(when, topic, what, who);
    details.append(summary);
    details.addEventListener("toggle", () => { if (details.open && details.childElementCount === 1) details.append(pretty(item.event)); });
    li.append(details);
    return li;
  };
  // Text nodes only: nothing that came over the wire is ever read as markup.
  const pretty = (event) => {
    const pre = make("pre");
    for (const part of JSON.stringify(event, null, 2).split(/("(?:[^"\\]|\\.)*"(?=:)|(?<=: )-?\d[\d.eE+-]*)/)) {
      if (/^".*"$/s.test(part)) pre.append(make("span", "k", part));
      else if (/^-?\d/.test(part)) pre.append(make("span", "n", part));
      else pre.append(part);
    }
    return pre;
  };

  // The topic grammar of the server: * is one word, # any number, ASCII case does not matter.
  const pattern = (text) => {
    if (!text) return () => true;
    if (!/[*#]/.test(text)) return (topic) => topic.toLowerCase().includes(text.toLowerCase());
    const want = text.toLowerCase().split(".");
    const fits = (p, w, i, j) =>
      i === p.length ? j === w.length
        : p[i] === "#" ? fits(p, w, i + 1, j) || (j < w.length && fits(p, w, i, j + 1))
          : j < w.length && (p[i] === "*" || p[i] === w[j]) && fits(p, w, i + 1, j + 1);
    return (topic) => fits(want, topic.toLowerCase().split("."), 0, 0);
  };

  const showState = () => {
    const s = current ? current.state : "connecting";
    $("state").className = "state " + (s === "live" ? "live" : s === "connecting" ? "" : "off");
    $("state-text").textContent = say(s, { s: current ? current.retryIn : 0 });
  };
  const showTenants = () => {
    if (streams.length < 2) return;
    while ($("tenants").childElementCount < streams.length) {
      const s = streams[$("tenants").childElementCount], b = make("button");
      b.type = "button"; b.setAttribute("role", "tab");
      b.append(s.name || s.id, make("small", "", ""));
      b.onclick = () => show(s);
      $("tenants").append(b);
    }
    streams.forEach((s, i) => {
      const b = $("tenants").children[i];
      b.setAttribute("aria-selected", s === current);
      b.lastChild.textContent = s.total || "";
    });
  };
  const showFigures = () => {
    if (!current) return;
    const s = current.seconds, last = s.slice(-6, -1);
    const rate = last.reduce((a, b) => a + b, 0) / last.length;
    $("rate").textContent = rate >= 10 || rate === 0 ? Math.round(rate).toLocaleString() : rate.toFixed(1);
    $("total").textContent = current.total.toLocaleString();
    $("people").textContent = current.people.size.toLocaleString() + (current.people.size === PEOPLE_MAX ? "+" : "");
    const done = s.slice(0, -1), top = Math.max(4, ...done);
    const line = done.map((n, i) => `${((i * 120) / (done.length - 1)).toFixed(1)},${(30 - (28 * n) / top).toFixed(1)}`).join(" L");
    document.querySelector("#spark .line").setAttribute("d", "M" + line);
    document.querySelector("#spark .area").setAttribute("d", "M0,32 L" + line + " L120,32Z");
  };
  const show = (stream) => { current = stream; $("hint").textContent = "/wx/" + stream.id + "/…"; redraw(); showState(); showTenants(); showFigures(); };
  const setPaused = (on) => {
    paused = on;
    $("pause").setAttribute("aria-pressed", on);
    $("pause").textContent = words[on ? "resume" : "pause"];
    if (!on) redraw();
  };

  const begin = (tenants) => {
    for (const t of tenants) streams.push(new Stream(t));
    show(streams[0]);
  };
  const tenantOf = (token) => {
    try {
      const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
      return JSON.parse(atob(part)).tenant || "";
    } catch { return ""; }
  };
  const ask = (wrong) => { $("wrong").textContent = wrong || ""; if (!$("ask").open) $("ask").showModal(); $("token").focus(); };
  $("ask").addEventListener("cancel", (e) => e.preventDefault());
  $("ask").querySelector("form").addEventListener("submit", (e) => {
    const token = $("token").value.trim(), id = tenantOf(token);
    if (!id) { e.preventDefault(); ask(words.bad); return; }
    streams.length = 0; $("token").value = "";
    begin([{ id, name: id, token }]);
  });
  $("filter").addEventListener("input", () => { matches = pattern($("filter").value.trim()); redraw(); });
  $("pause").addEventListener("click", () => setPaused(!paused));
  $("clear").addEventListener("click", () => { if (current) current.kept.length = 0; redraw(); });
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && document.activeElement !== $("filter") && !$("ask").open) { e.preventDefault(); $("filter").focus(); }
  });

  setPaused(false); showState(); draw();
  setInterval(() => { for (const s of streams) s.second(); showFigures(); showTenants(); }, 1000);
  fetch("/demo/session").then((r) => (r.ok ? r.json() : null)).catch(() => null)
    .then((demo) => (demo && demo.tenants && demo.tenants.length ? begin(demo.tenants) : ask()));
})();
