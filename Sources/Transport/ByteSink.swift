package import Bytes
internal import CSystem
import Glibc
import Synchronization

/// A file, pipe or terminal that log lines go to: written by a thread of its own, so that a full disk or a stopped reader never
/// holds up a request.
///
/// What can't be written in time is counted and dropped: at most ``pendingMax`` bytes wait. For any thread.
package final class ByteSink: Sendable {
  /// How many bytes may wait to be written before whole chunks are dropped: 4 MiB.
  package static let pendingMax = 4 * 1024 * 1024

  /// Where the bytes go.
  package enum Target: Sendable, Equatable {
    case standardOutput
    case standardError
    /// Appended to; created with mode 0640 if missing.
    case file(path: String)
  }

  package let target: Target
  private let state: Mutex<State>
  private let wakeup: Int32

  private struct State {
    var chunks: [[UInt8]] = []
    var pendingBytes = 0
    var droppedChunks = 0
    var mustReopen = false
    var isFinished = false
    var isIdle = true
  }

  /// Opens the target and starts the thread.
  ///
  /// - Throws: why the file can't be opened, or that there is no descriptor or thread left.
  package init(_ target: Target) throws(SystemError) {
    self.target = target
    state = Mutex(State())
    wakeup = eventfd(0, Int32(EFD_CLOEXEC))
    guard wakeup >= 0 else { throw .last }
    let descriptor = try Self.open(target)
    try Thread.start(name: "log writer") { [self] in write(to: descriptor) }
  }

  deinit { close(wakeup) }

  /// Hands over the buffer's unread bytes, which should end with a line; the buffer is empty afterwards.
  package func write(_ buffer: inout ByteBuffer) {
    let chunk = buffer.readable.array
    buffer.removeAll()
    guard !chunk.isEmpty else { return }
    signal { state in
      guard state.pendingBytes + chunk.count <= Self.pendingMax else {
        state.droppedChunks += 1
        return
      }
      state.pendingBytes += chunk.count
      state.chunks.append(chunk)
    }
  }

  /// Opens the file anew by its name: what was written so far has been moved away.
  package func reopen() { signal { $0.mustReopen = true } }

  /// Writes what waits, for at most that long, and ends the thread.
  package func finish(within limit: Duration) {
    signal { $0.isFinished = true }
    let deadline = MonotonicTime.current().advanced(by: limit)
    while state.withLock({ !$0.isIdle || !$0.chunks.isEmpty }), MonotonicTime.current() < deadline { usleep(1000) }
  }

  private func signal(_ change: (inout sending State) -> Void) {
    state.withLock { change(&$0) }
    _ = eventfd_write(wakeup, 1)
  }

  private static func open(_ target: Target) throws(SystemError) -> Int32 {
    switch target {
    case .standardOutput: return STDOUT_FILENO
    case .standardError: return STDERR_FILENO
    case .file(let path): return try LogFile.open(path)
    }
  }

  /// The thread's work.
  private func write(to opened: Int32) {
    var descriptor = opened
    while true {
      let (chunks, dropped, mustReopen, isFinished) = state.withLock { state in
        defer {
          state.isIdle = state.chunks.isEmpty
          state.chunks = []
          state.pendingBytes = 0
          state.droppedChunks = 0
          state.mustReopen = false
        }
        return (state.chunks, state.droppedChunks, state.mustReopen, state.isFinished)
      }
      if mustReopen, case .file = target, let fresh = try? Self.open(target) {
        close(descriptor)
        descriptor = fresh
      }
      for chunk in chunks { Self.write(chunk, to: descriptor) }
      if dropped > 0 {
        Self.write(
          Array("portcullis: \(dropped) batches of log lines were dropped: nobody took them\n".utf8), to: STDERR_FILENO)
      }
      if chunks.isEmpty {
        if isFinished {
          if case .file = target { close(descriptor) }
          return
        }
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(wakeup, &count)
      }
    }
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var written = 0
    while written < bytes.count {
      let result = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress.unsafelyUnwrapped + written, $0.count - written)
      }
      if result < 0 {
        if errno == EINTR || errno == EAGAIN { usleep(1000); continue }
        // The reader is gone or the disk is full: these lines are lost, the next ones are tried again.
        return
      }
      written += result
    }
  }
}
