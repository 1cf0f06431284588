package import Bytes
internal import COpenSSL
package import Transport

/// A TLS connection over a socket of a loop; closed when the value dies.
///
/// ``receive(into:limit:)`` and ``send(_:)`` return at once, as those of a socket do; they, and the handshake, may have to wait for
/// the socket in either direction, whatever they are called. Confined to the loop.
///
///     init ──handshake──▶ open ──finishSending──▶ half closed ──▶ dropped
///
/// 1. Every call into libssl finds its error queue empty, so what stands there afterwards is of that call.
/// 2. After a failure nothing more is read or written, not even a farewell.
@safe
package struct TLSConnection: ~Copyable {
  private let session: Session
  /// The name that the peer's certificate must have; nil on a server's side.
  private let peerName: String?
  private var hasFailed = false

  /// The side of a client: the server must be who it is asked for.
  ///
  /// - Parameter host: the name or address that its certificate must be for; a name is told to the server as well (SNI).
  /// - Throws: ``TLSError/malformed`` without memory.
  package init(
    client socket: consuming Channel, context: TLSContext, host: String
  ) throws(TLSError) {
    let session = try Session(socket, context: context)
    unsafe SSL_set_connect_state(session.handle)
    guard unsafe Self.expect(host, of: session.handle) else { throw .malformed }
    self.session = session
    peerName = host
  }

  private static func expect(_ host: String, of session: OpaquePointer) -> Bool {
    let parameters = unsafe SSL_get0_param(session)
    if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1 { return true }
    ERR_clear_error()
    unsafe SSL_set_hostflags(
      session, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
    guard unsafe SSL_set1_host(session, host) == 1 else { return false }
    return unsafe host.withCString { name in
      let name = unsafe UnsafeMutableRawPointer(mutating: name)
      return unsafe SSL_ctrl(
        session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), name) == 1
    }
  }

  // MARK: Handshake

  /// Agrees on keys with the other side and finds out who it is.
  package mutating func handshake(in loop: EventLoop, until deadline: MonotonicTime) async throws(TLSError) {
    while true {
      ERR_clear_error()
      let result = unsafe SSL_do_handshake(session.handle)
      if result == 1 { return }
      guard let interest = interest(after: result) else { throw failure() }
      guard await loop.wait(for: interest, until: deadline) == .ready else { throw .timedOut }
    }
  }

  // MARK: Bytes

  /// The outcome of a try to read.
  package enum Received {
    case bytes(Int)
    /// Try again when this has happened.
    case wouldBlock(Interest)
    /// The peer has said that it will send no more.
    case endOfStream
    case failed(TLSError)
  }

  /// Reads what there is, at most what fits into the buffer without growing.
  ///
  /// Bytes may be left that the socket knows nothing of: read until it would block.
  package mutating func receive(into buffer: inout ByteBuffer, limit: Int = .max) -> Received {
    guard !hasFailed else { return .failed(.malformed) }
    let room = min(buffer.freeCount, limit)
    guard room > 0 else { return .bytes(0) }
    var count = 0
    ERR_clear_error()
    var result: Int32 = 0
    unsafe buffer.withUnsafeFreeSpace { space in
      unsafe result = SSL_read_ex(session.handle, space.baseAddress, room, &count)
      return result == 1 ? count : 0
    }
    if result == 1 { return .bytes(count) }
    if unsafe SSL_get_error(session.handle, result) == SSL_ERROR_ZERO_RETURN { return .endOfStream }
    if let interest = interest(after: result) { return .wouldBlock(interest) }
    return .failed(failure())
  }

  /// The outcome of a try to write.
  package enum Sent {
    case bytes(Int)
    /// Try again, with the same bytes or more of them, when this has happened.
    case wouldBlock(Interest)
    case failed(TLSError)
  }

  /// Writes what the socket takes of the buffer's unread bytes and consumes it.
  package mutating func send(_ buffer: inout ByteBuffer) -> Sent {
    guard !hasFailed else { return .failed(.malformed) }
    guard !buffer.isEmpty else { return .bytes(0) }
    var count = 0
    ERR_clear_error()
    let result = unsafe buffer.withUnsafeReadable { bytes in
      unsafe SSL_write_ex(session.handle, bytes.baseAddress, bytes.count, &count)
    }
    if result == 1 {
      buffer.consume(count)
      return .bytes(count)
    }
    if let interest = interest(after: result) { return .wouldBlock(interest) }
    return .failed(failure())
  }

  /// Says that nothing more will be sent, as far as the socket takes it at once; the other direction stays open.
  package mutating func finishSending() {
    guard !hasFailed else { return }
    ERR_clear_error()
    unsafe _ = SSL_shutdown(session.handle)
    ERR_clear_error()
  }

  // MARK: Failures

  /// The readiness to wait for if the call only would have blocked; nil if it failed.
  private func interest(after result: Int32) -> Interest? {
    switch unsafe SSL_get_error(session.handle, result) {
    case SSL_ERROR_WANT_READ: session.wire.socket.readable
    case SSL_ERROR_WANT_WRITE: session.wire.socket.writable
    default: nil
    }
  }

  private mutating func failure() -> TLSError {
    hasFailed = true
    let code = ERR_peek_error()
    ERR_clear_error()
    if let fault = certificateFault() { return .certificate(fault) }
    // The end comes first: the failure that follows is libssl's own complaint about it, which is not reported.
    if session.wire.isAtEnd { return .closedEarly }
    if let error = session.wire.error { return .connection(error) }
    return TLSError(libraryReason: ERR_GET_REASON(code))
  }

  private func certificateFault() -> CertificateFault? {
    CertificateFault(verification: unsafe SSL_get_verify_result(session.handle), name: peerName ?? "")
  }
}

/// libssl's side of a connection, and the socket below it.
@safe
private final class Session {
  // SAFETY: made in init, freed in deinit, before the wire that its BIO leads to.
  let handle: OpaquePointer
  let wire: SocketBIO

  init(_ socket: consuming Channel, context: TLSContext) throws(TLSError) {
    ERR_clear_error()
    let wire = SocketBIO(socket)
    guard let handle = unsafe SSL_new(context.handle) else { throw .malformed }
    guard let bio = unsafe wire.makeBIO() else {
      unsafe SSL_free(handle)
      throw .malformed
    }
    unsafe SSL_set_bio(handle, bio, bio)
    self.wire = wire
    unsafe self.handle = handle
  }

  deinit { unsafe SSL_free(handle) }
}
