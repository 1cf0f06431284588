internal import CSystem
import Glibc

/// The side of `-s`: gives an order to the gateway that a pid file names and waits for the outcome.
///
/// Blocks.
package enum ControlCall {
  /// The gateway's answer.
  package struct Answer: Equatable, Sendable {
    package let isFine: Bool
    package let summary: String
    package let details: [String]
  }

  /// The reason for which there is no answer.
  package enum Failure: Error, Equatable, Sendable {
    /// The gateway has no socket: it could not make one, or is of an older version.
    case noSocket
    /// The socket can't be connected to.
    case failed(SystemError)
    /// Another process than the one that the pid file names has made the socket.
    case stranger(process: Int32)
    /// The gateway ended, or hung up, before the order was carried out.
    case ended
    case timedOut
  }

  /// Gives the order.
  ///
  /// - Parameter process: the one that the pid file names.
  package static func give(
    _ order: String, to process: Int32, beside pidFile: String, within limit: Duration
  ) throws(Failure) -> Answer {
    let descriptor = try connect(beside: pidFile)
    defer { close(descriptor) }
    var owner: pid_t = 0
    var user: uid_t = 0
    guard unsafe csystem_peer(descriptor, &owner, &user) == 0 else { throw .failed(.last) }
    guard owner == process else { throw .stranger(process: owner) }
    let word = Array("\(order)\n".utf8)
    guard unsafe send(descriptor, word, word.count, Int32(MSG_NOSIGNAL)) == word.count else { throw .ended }
    return try answer(from: descriptor, until: MonotonicTime.current().advanced(by: limit))
  }

  private static func connect(beside pidFile: String) throws(Failure) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .failed(.last) }
    do throws(SystemError) {
      let place = try ControlPlace(beside: pidFile)
      guard unsafe place.address.withKernelForm({ unsafe Glibc.connect(descriptor, $0, $1) }) == 0 else {
        throw SystemError.last
      }
      return descriptor
    } catch {
      close(descriptor)
      // Left by a process that was killed, or there never was one.
      if error.code == ENOENT || error.code == ECONNREFUSED || error.code == ENOTSOCK { throw .noSocket }
      throw .failed(error)
    }
  }

  private static func answer(from descriptor: Int32, until deadline: MonotonicTime) throws(Failure) -> Answer {
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let left = deadline.nanoseconds - MonotonicTime.current().nanoseconds
      guard left > 0 else { throw .timedOut }
      var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&question, 1, Int32(clamping: left / 1_000_000 + 1))
      if ready < 0 && errno != EINTR { throw .failed(.last) }
      guard ready > 0 else { continue }
      let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      text += chunk[..<count]
    }
    var lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
    guard lines.count >= 3 else { throw .ended }
    lines.removeLast()
    return Answer(isFine: lines[0] == "fine", summary: lines[1], details: Array(lines[2...]))
  }
}
