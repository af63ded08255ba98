/** When a failed run is tried again, as `watch.failure` of the config says. */
export interface RetryPolicy {
  readonly maxRetries: number;
  readonly retryDelayMs: number;
  readonly backoffMultiplier: number;
  readonly maxDelayMs: number;
  /** From 0 to 1. */
  readonly jitter: number;
  readonly retryablePatterns: readonly string[];
}
