internal import CSystem
import Glibc

/// A thread that signals can be sent to.
package struct ThreadID: @unchecked Sendable {
  // A number to the kernel, good for as long as the thread lives; the main thread does for good.
  private let thread: pthread_t

  /// The calling thread.
  package static var current: ThreadID { ThreadID(thread: pthread_self()) }

  package func signal(_ number: Int32) { pthread_kill(thread, number) }
}

/// Signals as values: blocked everywhere, taken by the one thread that asks for them.
@safe
package struct Signals {
  private var set = sigset_t()

  /// Blocks the signals in this thread and all that it starts, and ignores SIGPIPE and SIGXFSZ: a peer that is gone and a file that
  /// may not grow are errors of the call that finds out.
  package init(blocking signals: [Int32]) {
    unsafe _ = sigemptyset(&set)
    for signal in signals { unsafe _ = sigaddset(&set, signal) }
    unsafe _ = pthread_sigmask(SIG_BLOCK, &set, nil)
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
  }

  /// Waits for one of the signals; nil when the time is up first.
  package mutating func next(until deadline: MonotonicTime = .never) -> Int32? {
    while true {
      let result: Int32
      if deadline == .never {
        result = unsafe sigwaitinfo(&set, nil)
      } else {
        let left = max(0, deadline.nanoseconds - MonotonicTime.current().nanoseconds)
        var time = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
        result = unsafe sigtimedwait(&set, nil, &time)
      }
      if result > 0 { return result }
      if errno == EAGAIN { return nil }
    }
  }
}
