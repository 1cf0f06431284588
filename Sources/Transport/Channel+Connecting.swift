internal import CSystem
import Glibc

extension Channel {
  /// Begins to connect.
  ///
  /// Wait for ``writable``, then ask ``connectionError()``.
  ///
  /// - Throws: when it failed at once (a unix socket nobody listens on, no descriptor left).
  package static func connect(to address: SocketAddress, in loop: EventLoop) throws(SystemError) -> Channel {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = Glibc.socket(address.family, kind, 0)
    guard descriptor >= 0 else { throw .last }
    if case .unix = address {
    } else {
      var on: Int32 = 1
      unsafe _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }
    let result = unsafe address.withKernelForm { unsafe Glibc.connect(descriptor, $0, $1) }
    let isConnected = result == 0
    if !isConnected && errno != EINPROGRESS {
      let error = SystemError.last
      close(descriptor)
      throw error
    }
    return try loop.adopt(descriptor: descriptor, isConnected: isConnected)
  }
}
