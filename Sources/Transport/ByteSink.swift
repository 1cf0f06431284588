package import Bytes
internal import CSystem
import Glibc
import Synchronization

/// A file, pipe or terminal that log lines go to: written by a thread of its own, so that a full disk or a stopped reader never
/// holds up a request.
///
/// Lines that can't be written are lost, counted and spoken of on standard error: those that the system refuses, and those that come
/// while ``pendingMax`` bytes wait. For any thread.
package final class ByteSink: Sendable {
  /// The number of bytes that may wait to be written before whole chunks are dropped: 4 MiB.
  package static let pendingMax = 4 * 1024 * 1024

  /// The destination of the bytes.
  package enum Target: Sendable, Equatable {
    case standardOutput
    case standardError
    /// Appended to; created with mode 0640 if missing.
    case file(path: String)
  }

  package let target: Target
  /// True if a file that is made is for its owner only (0600).
  private let isPrivate: Bool
  private let state: Mutex<State>
  private let wakeup: Int32
  /// Nil for standard error, whose own losses nobody can be told of there.
  private let lost: LostLines?

  private struct State {
    var chunks: [[UInt8]] = []
    var pendingBytes = 0
    /// The chunks that the thread is writing, and the number of them that are done.
    var taken: [[UInt8]] = []
    var doneCount = 0
    /// The file opened anew, until the thread has taken it.
    var fresh: Int32?
    /// The number of times the file was opened anew, and the number of the file that the thread writes to.
    var openedCount = 0
    var current = 0
    var isFinished = false
    var isIdle = true
  }

  /// Opens the target and starts the thread.
  ///
  /// - Parameter isPrivate: whether a file that is made is for its owner only (0600).
  /// - Throws: why the file can't be opened, or that there is no descriptor or thread left.
  package init(_ target: Target, isPrivate: Bool = false) throws(SystemError) {
    self.target = target
    self.isPrivate = isPrivate
    state = Mutex(State())
    lost =
      switch target {
      case .standardError: nil
      case .standardOutput: LostLines(of: "the log on standard output")
      case .file(let path): LostLines(of: "the log '\(path)'")
      }
    wakeup = eventfd(0, Int32(EFD_CLOEXEC))
    guard wakeup >= 0 else { throw .last }
    let descriptor = try Self.open(target, isPrivate)
    try Thread.start(name: "log writer") { [self] in write(to: descriptor) }
  }

  deinit { close(wakeup) }

  /// The number of lines that were lost until now.
  package var lostLineCount: Int { lost?.total ?? 0 }

  /// Hands over the buffer's unread bytes, which should end with a line; the buffer is empty afterwards.
  package func write(_ buffer: inout ByteBuffer) {
    let chunk = buffer.readable.array
    buffer.removeAll()
    guard !chunk.isEmpty else { return }
    let isTaken = signal { state in
      guard state.pendingBytes + chunk.count <= Self.pendingMax else { return false }
      state.pendingBytes += chunk.count
      state.chunks.append(chunk)
      return true
    }
    if !isTaken { lost?.add(LogLines.count(in: chunk[...]), because: Self.nobodyReads) }
  }

  private static let nobodyReads = "nobody takes its lines"

  /// Opens the file anew by its name, because what was written so far has been moved away.
  ///
  /// After this has returned, nothing is written to the old file any more.
  ///
  /// - Throws: why the file can't be opened; lines then go on into the one that is open. `ETIMEDOUT` if the thread is still busy
  ///   writing to the old one after that time; it takes the new one afterwards.
  package func reopen(within limit: Duration = .seconds(5)) throws(SystemError) {
    guard case .file = target else { return }
    let descriptor = try Self.open(target, isPrivate)
    let (unused, goal) = signal { state in
      defer { state.fresh = descriptor }
      state.openedCount += 1
      return (state.fresh, state.openedCount)
    }
    if let unused { close(unused) }
    let deadline = MonotonicTime.current().advanced(by: limit)
    while state.withLock({ $0.current < goal }) {
      guard MonotonicTime.current() < deadline else { throw SystemError(code: ETIMEDOUT) }
      usleep(1000)
    }
  }

  /// Writes what waits, for at most that long, and ends the thread; what is not written by then is lost.
  package func finish(within limit: Duration) {
    signal { $0.isFinished = true }
    let deadline = MonotonicTime.current().advanced(by: limit)
    while state.withLock({ !$0.isIdle || !$0.chunks.isEmpty }) {
      guard MonotonicTime.current() < deadline else {
        let left = state.withLock { $0.taken[$0.doneCount...] + $0.chunks }
        lost?.add(left.reduce(0) { $0 + LogLines.count(in: $1[...]) }, because: Self.nobodyReads)
        break
      }
      usleep(1000)
    }
    lost?.sayLast()
  }

  @discardableResult
  private func signal<Result: Sendable>(_ change: (inout sending State) -> Result) -> Result {
    let result = state.withLock { change(&$0) }
    _ = eventfd_write(wakeup, 1)
    return result
  }

  private static func open(_ target: Target, _ isPrivate: Bool) throws(SystemError) -> Int32 {
    switch target {
    case .standardOutput: return STDOUT_FILENO
    case .standardError: return STDERR_FILENO
    case .file(let path): return try LogFile.open(path, mode: isPrivate ? 0o600 : 0o640)
    }
  }

  /// The thread's work.
  private func write(to opened: Int32) {
    var lines = LogLines(to: opened)
    while true {
      let (chunks, fresh, number, isFinished) = state.withLock { state in
        defer {
          state.isIdle = state.chunks.isEmpty
          state.taken = state.chunks
          state.doneCount = 0
          state.chunks = []
          state.pendingBytes = 0
          state.fresh = nil
        }
        return (state.chunks, state.fresh, state.openedCount, state.isFinished)
      }
      if let fresh {
        close(lines.descriptor)
        lines = LogLines(to: fresh)
        state.withLock { $0.current = number }
      }
      for chunk in chunks {
        do throws(LogLines.Loss) { try lines.write(chunk) } catch { lost?.add(error.count, because: error.reason.text) }
        state.withLock { $0.doneCount += 1 }
      }
      if chunks.isEmpty {
        if isFinished {
          if case .file = target { close(lines.descriptor) }
          return
        }
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(wakeup, &count)
      }
    }
  }
}
