internal import CSystem
import Glibc

/// A bound socket that connections arrive at.
///
/// Closes, and removes its file if it is a unix socket, with the last reference.
///
/// For TCP each worker binds one of its own to the same address (`SO_REUSEPORT`), and the kernel spreads the connections; a unix
/// socket exists once and is shared.
package final class ListeningSocket: Sendable {
  let descriptor: Int32
  /// The address that was bound: with the port that the kernel chose, if 0 was asked for.
  package let address: SocketAddress
  /// The file of a unix socket as it was made, so that only this very one is removed.
  private let file: FileIdentity?

  private struct FileIdentity: Equatable {
    let device: UInt
    let inode: UInt

    init?(path: String) {
      var status = stat()
      guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
      device = UInt(status.st_dev)
      inode = UInt(status.st_ino)
    }
  }

  /// Binds and listens.
  ///
  /// A unix socket's file that nobody listens on any more is replaced; one in use is an error.
  ///
  /// - Parameters:
  ///   - backlog: how many connections may wait to be accepted; the kernel caps it at `net.core.somaxconn`.
  ///   - access: the rights of a unix socket's file, which it has before anybody can connect; nil for what the process's mask
  ///     leaves.
  /// - Throws: what the system says: the address in use, not ours, or not permitted.
  package init(
    _ address: SocketAddress, backlog: Int32 = 4096, access: UnixSocketAccess? = nil
  ) throws(SystemError) {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.family, kind, 0)
    guard descriptor >= 0 else { throw .last }
    do throws(SystemError) {
      switch address {
      case .ipv4, .ipv6:
        try Self.set(descriptor, SOL_SOCKET, SO_REUSEADDR)
        try Self.set(descriptor, SOL_SOCKET, SO_REUSEPORT)
        // Inherited by what is accepted, which saves a call for each connection.
        try Self.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
        if case .ipv6 = address { try Self.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
      case .unix(let path):
        try Self.removeAbandoned(path, address)
      }
      guard unsafe address.withKernelForm({ unsafe bind(descriptor, $0, $1) }) == 0 else { throw SystemError.last }
      if case .unix(let path) = address, let access { try Self.restrict(path, to: access) }
      guard listen(descriptor, backlog) == 0 else { throw SystemError.last }
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    if case .unix(let path) = address {
      self.address = address
      file = FileIdentity(path: path)
    } else {
      self.address = unsafe SocketAddress.ask(descriptor, getsockname) ?? address
      file = nil
    }
  }

  private static func restrict(_ path: String, to access: UnixSocketAccess) throws(SystemError) {
    do throws(SystemError) {
      try access.apply(to: path)
    } catch {
      unsafe unlink(path)
      throw error
    }
  }

  /// Checks that no program listens on the address: binds it alone for a moment.
  ///
  /// - Throws: as the initialiser does; in particular that it is in use, by whomever.
  package static func checkUnused(_ address: SocketAddress) throws(SystemError) {
    if case .unix = address { return }
    guard address.port != 0 else { return }
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let probe = socket(address.family, kind, 0)
    guard probe >= 0 else { throw .last }
    defer { close(probe) }
    try set(probe, SOL_SOCKET, SO_REUSEADDR)
    if case .ipv6 = address { try set(probe, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
    guard unsafe address.withKernelForm({ unsafe bind(probe, $0, $1) }) == 0 else { throw SystemError.last }
  }

  deinit {
    close(descriptor)
    if case .unix(let path) = address, let file, FileIdentity(path: path) == file { unsafe unlink(path) }
  }

  /// True if a connection waits to be accepted, asked of the kernel: one system call.
  var hasWaiting: Bool {
    var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&question, 1, 0) > 0
  }

  private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32) throws(SystemError) {
    var on: Int32 = 1
    guard unsafe setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
      throw .last
    }
  }

  /// Removes a socket file left behind by a process that is gone.
  private static func removeAbandoned(_ path: String, _ address: SocketAddress) throws(SystemError) {
    guard FileIdentity(path: path) != nil else { return }
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { throw .last }
    defer { close(probe) }
    guard unsafe address.withKernelForm({ unsafe connect(probe, $0, $1) }) != 0 else {
      throw SystemError(code: EADDRINUSE)
    }
    if errno == ECONNREFUSED { unsafe unlink(path) }
  }
}
