internal import CSystem
import Glibc
import Synchronization

/// The socket beside the pid file over which `-s` gives an order and hears what came of it.
///
/// A signal has no answer, and a file that holds one could not be written on a full disk. The socket is its owner's only (0600), and
/// whoever connects must be the owner or the superuser, who may signal the process as well. One thread accepts, reads the word and
/// hands it over; the answer is given from any thread.
package final class ControlSocket: Sendable {
  private let descriptor: Int32
  private let path: String
  /// The file as it was made, so that only this very one is removed.
  private let device: UInt
  private let inode: UInt
  private let isOpen = Atomic(true)

  /// The longest order, in bytes.
  static let longestOrder = 16
  /// The time for which a peer that has connected may take to give the order, in seconds.
  private static let patience = 1

  /// Binds, replacing what a process that is gone has left, and accepts orders from then on.
  ///
  /// To be made by the process that the pid file names, so that no other process is using the name.
  ///
  /// - Parameter take: called on the socket's own thread with each order.
  /// - Throws: why the socket can't be made.
  package init(beside pidFile: String, take: @escaping @Sendable (String, ControlReply) -> Void) throws(SystemError) {
    let place = try ControlPlace(beside: pidFile)
    let listener = try Self.listen(at: place)
    var status = stat()
    guard unsafe lstat(place.path, &status) == 0 else {
      Glibc.close(listener)
      throw .last
    }
    descriptor = listener
    path = place.path
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
    try Thread.start(name: "control") { [self] in
      while let reply = accept() {
        if let order = reply.readOrder(within: Self.patience) { take(order, reply) }
      }
      Glibc.close(listener)
    }
  }

  private static func listen(at place: borrowing ControlPlace) throws(SystemError) -> Int32 {
    var status = stat()
    if unsafe lstat(place.path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unsafe unlink(place.path) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .last }
    // The file gets the mode that the socket has when it is bound.
    guard fchmod(descriptor, 0o600) == 0,
      unsafe place.address.withKernelForm({ unsafe bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 16) == 0
    else {
      let error = SystemError.last
      Glibc.close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Takes no more orders and removes the socket.
  package func close() {
    guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
    var status = stat()
    if unsafe lstat(path, &status) == 0, UInt(status.st_dev) == device, UInt(status.st_ino) == inode {
      unsafe unlink(path)
    }
    // Wakes the thread, which closes the descriptor.
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  /// The next one who may give orders; nil once the socket is closed.
  private func accept() -> ControlReply? {
    while true {
      let peer = Glibc.accept(descriptor, nil, nil)
      guard isOpen.load(ordering: .acquiring) else {
        if peer >= 0 { Glibc.close(peer) }
        return nil
      }
      guard peer >= 0 else {
        // What can fail here passes: a peer that is gone, no descriptor left.
        usleep(errno == ECONNABORTED || errno == EINTR ? 0 : 100_000)
        continue
      }
      _ = fcntl(peer, F_SETFD, FD_CLOEXEC)
      var process: pid_t = 0
      var user: uid_t = 0
      guard unsafe csystem_peer(peer, &process, &user) == 0, user == 0 || user == geteuid() else {
        Glibc.close(peer)
        continue
      }
      return ControlReply(descriptor: peer)
    }
  }
}

/// A peer that has given an order and waits for its outcome.
///
/// Hangs up with the last reference.
package final class ControlReply: Sendable {
  private let descriptor: Int32

  /// The most bytes of an answer: they fit into the buffer of a fresh socket, so sending them never waits.
  private static let longest = 64 * 1024

  fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Answers.
  ///
  /// - Parameters:
  ///   - isFine: whether the order was carried out.
  ///   - summary: one line.
  ///   - details: further lines, which come first where they are shown.
  package func send(isFine: Bool, summary: String, details: [String] = []) {
    var text = "\(isFine ? "fine" : "refused")\n\(summary)\n"
    for (index, line) in details.enumerated() {
      if text.utf8.count + line.utf8.count > Self.longest - 100 {
        text += "… and \(details.count - index) more\n"
        break
      }
      text += line + "\n"
    }
    let bytes = Array(text.utf8.prefix(Self.longest))
    unsafe _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
  }

  /// The word up to the end of the line; nil if it does not come.
  fileprivate func readOrder(within seconds: Int) -> String? {
    var patience = timeval(tv_sec: seconds, tv_usec: 0)
    unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var bytes = [UInt8](repeating: 0, count: ControlSocket.longestOrder)
    let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
    guard count > 1, bytes[count - 1] == UInt8(ascii: "\n") else { return nil }
    return String(decoding: bytes[..<(count - 1)], as: UTF8.self)
  }
}
