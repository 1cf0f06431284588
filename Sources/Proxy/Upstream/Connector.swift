import Transport

/// Opens connections to endpoints of upstreams.
///
/// Confined to its worker.
protocol Connector: AnyObject {
  /// Begins to connect.
  ///
  /// Wait for ``Channel/writable``, then ask ``Channel/connectionError()``.
  ///
  /// - Throws: if it failed at once: a unix socket that nobody listens on, no descriptor left.
  func connect(to address: SocketAddress) throws(SystemError) -> Channel
}

/// Connects in clear over the kernel's sockets.
final class SocketConnector: Connector {
  private let loop: EventLoop

  init(_ loop: EventLoop) { self.loop = loop }

  func connect(to address: SocketAddress) throws(SystemError) -> Channel { try Channel.connect(to: address, in: loop) }
}
