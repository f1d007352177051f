package dev.hongyan.router.send;

/** What is known of WeChat's quotas, shared with everybody else who calls WeChat; thread-safe. */
public interface SendQuota {

  /**
   * Asks to make a call now and counts it if it may be made.
   *
   * @param api WeChat's path
   * @return 0 when it may be made, else when to ask again, ms since 1970
   */
  long admit(String tenant, String account, String api);

  /**
   * WeChat said that the quota is used up.
   *
   * @param day whether that of the day (45009), else of the minute (45011)
   * @return when it opens again, ms since 1970
   */
  long usedUp(String tenant, String account, String api, boolean day);
}
