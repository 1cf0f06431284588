/// Somebody who waits without being a task.
///
/// A task that waits costs the concurrency runtime some two thousand instructions; a call costs none of them. What a waiter does when
/// it is told is a job of the loop like any other. Confined to the loop's thread.
package protocol Waiter: AnyObject {
  /// Its wait has ended.
  func woke(_ wake: Wake)
}
