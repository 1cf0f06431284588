/// Is called when a wait ends.
///
/// A task that waits costs the concurrency runtime some two thousand instructions; a call costs none of them. The loop runs
/// ``didWake(_:)`` like any other of its jobs, never inside another one. A class to inherit from, so that a wait keeps one pointer to
/// it. Confined to the loop's thread.
// Public because nothing less can be inherited from in another module.
open class WaitHandler {
  public init() {}

  /// Goes on after a wait.
  open func didWake(_ wake: Wake) { preconditionFailure("a wait handler does not say how it goes on") }
}
