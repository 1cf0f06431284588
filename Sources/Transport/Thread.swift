internal import CSystem
import Glibc

/// A thread of the system.
package enum Thread {
  /// The number of processors that this process may use.
  package static var usableProcessors: Int { Int(csystem_usable_processors()) }

  /// Starts a thread that runs `body` and ends with it.
  ///
  /// - Parameter name: shown by `top` and `ps`; the kernel keeps 15 bytes of it.
  /// - Throws: when the system has no room for another thread.
  package static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    let work = unsafe Unmanaged.passRetained(ThreadBody(name: name, body: body))
    var thread = pthread_t()
    let result = unsafe pthread_create(&thread, nil, runThreadBody, work.toOpaque())
    guard result == 0 else {
      unsafe work.release()
      throw SystemError(code: result)
    }
    pthread_detach(thread)
  }

  /// Suspends the calling thread for a while; not for a loop's thread.
  package static func pause(_ time: Duration) { usleep(UInt32(clamping: time.wholeNanoseconds / 1000)) }

  /// Gives memory that nobody uses back to the system.
  ///
  /// Takes milliseconds.
  package static func trimMemory() { _ = malloc_trim(0) }
}

private final class ThreadBody: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

// A free function: a closure made in the main file would belong to the main actor and trap on another thread.
private func runThreadBody(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let work = unsafe work else { return nil }
  // SAFETY: `start` has retained exactly one ThreadBody for this call.
  let body = unsafe Unmanaged<ThreadBody>.fromOpaque(work).takeRetainedValue()
  unsafe csystem_name_thread(body.name)
  body.body()
  return nil
}
