/// Somebody who waits without being a task.
///
/// A task that waits costs the concurrency runtime some two thousand instructions; a call costs none of them. What a waiter does when
/// it is told is a job of the loop like any other. A class to inherit from, so that a wait keeps one pointer to it. Confined to the
/// loop's thread.
// Public because nothing less can be inherited from in another module.
open class Waiter {
  public init() {}

  /// Its wait has ended.
  open func woke(_ wake: Wake) { preconditionFailure("nobody has said what to do then") }
}
