package import Bytes
internal import COpenSSL
package import Cryptography
import Glibc
package import Transport

/// A TLS session above the descriptor of a channel.
///
///     handshake ──▶ established ──▶ closing ──▶ closed
///         └───────────▶ failed ◀───────┘
///
/// The session's records go through the channel's descriptor; the channel's users see plain bytes. Confined to the channel's loop.
///
/// 1. Until the handshake is complete the channel is neither readable nor writable; ``translate(_:_:)`` goes on with the handshake.
/// 2. libssl never waits to write: records that the kernel does not take are kept in `unsent`, at most those of one call.
/// 3. Every call into libssl finds its error queue empty, so what stands there afterwards is of that call.
/// 4. After a failure nothing more is read or written, not even a farewell.
@safe
package final class TLSFilter: ByteFilter {
  // SAFETY: made in `init`, freed in `deinit`; its BIO leads back here, so it dies first.
  let session: OpaquePointer
  /// The side that is played, with what it keeps alive: libssl's callbacks lead there.
  private let side: Side
  /// The descriptor, during a call.
  private var lower: LowerChannel?
  /// Bytes that were read from the descriptor before there was a session.
  private var early: ByteBuffer
  /// Records that the kernel has not taken.
  private var unsent = ByteBuffer(empty: ())
  private var traits: Traits = []
  private var lowerError: SystemError?
  /// The reason why the session has ended, or could not begin.
  package private(set) var failure: TLSError?

  enum Side {
    case server(ServerTLS)
    case client(ClientTLS)
  }

  /// The listener's side of it; nil on a client's side.
  var server: ServerTLS? {
    switch side {
    case .server(let server): server
    case .client: nil
    }
  }

  /// The rules by which a server is spoken to; nil on a server's side.
  package var clientContext: ClientContext? { client?.context }

  private var client: ClientTLS? {
    switch side {
    case .server: nil
    case .client(let client): client
    }
  }

  /// The moment of the session's first handshake, in seconds since 1970; nil until it is known.
  var sessionBegun: Int?

  private struct Traits: OptionSet {
    let rawValue: UInt8
    static let isEstablished = Traits(rawValue: 1)
    /// The descriptor has come to its end.
    static let isEndBelow = Traits(rawValue: 2)
    /// The peer has said that it will send no more.
    static let isEnded = Traits(rawValue: 4)
    /// The sending side is to be ended once everything is written.
    static let isFinishing = Traits(rawValue: 8)
    static let isReset = Traits(rawValue: 16)
    /// More plaintext follows at once.
    static let hasMore = Traits(rawValue: 32)
    /// The peer has sent more idle messages than anybody needs to.
    static let isFlooding = Traits(rawValue: 64)
  }

  /// The most plaintext that one call encrypts, in bytes: four records.
  private static let sendMax = 64 * 1024

  /// The side of a server.
  ///
  /// - Parameter early: what was read from the descriptor so far.
  /// - Throws: ``TLSError/malformed`` without memory.
  package init(server: ServerTLS, early: consuming ByteBuffer) throws(TLSError) {
    ERR_clear_error()
    guard let session = unsafe SSL_new(server.first.handle) else { throw .malformed }
    unsafe self.session = session
    side = .server(server)
    self.early = early
    guard let bio = unsafe FilterBIO.make(for: self) else { throw .malformed }
    unsafe SSL_set_bio(session, bio, bio)
    unsafe SSL_set_ex_data(session, SessionData.index, Unmanaged.passUnretained(self).toOpaque())
    unsafe SSL_set_accept_state(session)
  }

  /// The side of a client.
  ///
  /// - Throws: ``TLSError/malformed`` without memory, or for a name that can't be one.
  package init(client: ClientTLS) throws(TLSError) {
    ERR_clear_error()
    guard let session = unsafe SSL_new(client.context.handle) else { throw .malformed }
    unsafe self.session = session
    side = .client(client)
    early = ByteBuffer(empty: ())
    guard let bio = unsafe FilterBIO.make(for: self) else { throw .malformed }
    unsafe SSL_set_bio(session, bio, bio)
    unsafe SSL_set_ex_data(session, SessionData.index, Unmanaged.passUnretained(self).toOpaque())
    unsafe SSL_set_connect_state(session)
    guard unsafe client.identity.ask(in: session, verifies: client.context.verifies) else { throw .malformed }
    // One that libssl does not take makes a full handshake.
    if let resumed = client.resumed { unsafe _ = SSL_set_session(session, resumed.handle) }
    ERR_clear_error()
  }

  deinit {
    // libssl would take a session that was not ended by a farewell for one that must not be resumed.
    if client != nil, isEstablished, failure == nil {
      unsafe SSL_set_shutdown(session, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
    }
    unsafe SSL_free(session)
  }

  /// Keeps a session that may be resumed later.
  ///
  /// - Returns: false if the reference to it stays libssl's.
  func keep(_ session: OpaquePointer) -> Bool {
    noteIdleMessage()
    return client.map { unsafe $0.keep(session, isResumed: isResumed) } ?? false
  }

  /// True once both sides have agreed on keys.
  package var isEstablished: Bool { traits.contains(.isEstablished) }

  /// True if the session continues an earlier one.
  package var isResumed: Bool { unsafe SSL_session_reused(session) == 1 }

  /// The certificate that the client has proved to be its own, as the handshake or the resumed session has it; nil without one.
  package private(set) var clientCertificate: ClientCertificate?

  /// `SSL_get_verify_result` is also good where there is no certificate at all, so both are asked.
  private var verifiedCertificate: ClientCertificate? {
    guard let certificate = unsafe SSL_get0_peer_certificate(session),
      unsafe SSL_get_verify_result(session) == Int(X509_V_OK)
    else { return nil }
    return unsafe CertificateDER.bytes(of: certificate).flatMap { ClientCertificate(der: $0.span) }
  }

  // MARK: Below

  /// Reads records for libssl.
  func receiveBelow(into bytes: inout MutableSpan<UInt8>) -> Channel.Received {
    if !early.isEmpty {
      let count = min(early.count, bytes.count)
      for index in 0..<count { bytes[index] = early.readable[index] }
      early.consume(count)
      early.giveBack()
      return .bytes(count)
    }
    guard let lower, !traits.contains(.isFlooding) else { return .failed(SystemError(code: EPROTO)) }
    let received = lower.receive(into: &bytes)
    switch received {
    case .bytes, .wouldBlock: break
    case .endOfStream: traits.insert(.isEndBelow)
    case .failed(let error): lowerError = error
    }
    return received
  }

  var isEndBelow: Bool { traits.contains(.isEndBelow) }

  /// Writes records for libssl, and keeps what the kernel does not take.
  func sendBelow(_ bytes: Span<UInt8>) -> Bool {
    guard unsent.isEmpty else {
      unsent.append(bytes)
      return true
    }
    guard let lower else { return false }
    switch lower.send(bytes, more: traits.contains(.hasMore)) {
    case .bytes(let count):
      if count < bytes.count { unsent.append(bytes.extracting(count...)) }
      return true
    case .failed(let error):
      // That an alert about the end can't be sent is no news.
      if !isEndBelow { lowerError = error }
      return false
    }
  }

  private func flushUnsent(_ lower: LowerChannel) -> Channel.Flushed {
    while !unsent.isEmpty {
      switch lower.send(unsent.readable) {
      case .bytes(0): return .wouldBlock
      case .bytes(let count): unsent.consume(count)
      case .failed(let error):
        lowerError = error
        fail(.connection(error))
        return .failed(error)
      }
    }
    // Few connections have anything unsent, so its memory is not kept.
    unsent = ByteBuffer(empty: ())
    if traits.contains(.isFinishing) { lower.finishSending() }
    traits.remove(.isFinishing)
    return .flushed
  }

  /// The peer has sent a message that only keeps this side busy, such as a change of its keys, or one more session to resume.
  func noteIdleMessage() {
    idleMessages += 1
    if idleMessages > Self.idleMessagesMax { traits.insert(.isFlooding) }
  }

  private var idleMessages = 0
  /// More than any connection needs: a key is good for 2^24 records.
  private static let idleMessagesMax = 1000

  // MARK: Handshake

  /// Goes on with the handshake as far as what has arrived allows.
  private func advanceHandshake(_ lower: LowerChannel) -> Readiness {
    guard failure == nil else { return [.readable, .writable, .broken] }
    ERR_clear_error()
    let result = unsafe SSL_do_handshake(session)
    if result == 1 {
      if let fault = faultAfterResumption() {
        fail(fault)
        return [.readable, .writable, .broken]
      }
      traits.insert(.isEstablished)
      if server?.clients != nil { clientCertificate = verifiedCertificate }
      var readiness: Readiness = unsent.isEmpty ? .writable : []
      if mayReceive(lower) { readiness.insert(.readable) }
      if lower.isPeerFinished { readiness.formUnion([.peerFinished, .readable]) }
      return readiness
    }
    if unsafe SSL_get_error(session, result) == SSL_ERROR_WANT_READ { return [] }
    fail(reason())
    return [.readable, .writable, .broken]
  }

  /// libssl verifies nothing again when a session is resumed: the peer's certificate may have expired since.
  private func faultAfterResumption() -> TLSError? {
    guard isResumed, client?.context.verifies ?? true, let certificate = unsafe SSL_get0_peer_certificate(session)
    else { return nil }
    // A list of revoked certificates that is past its end refuses everybody, as in a full handshake.
    if let listEnd = server?.clients?.listExpiry, listEnd <= time(nil) {
      return .certificate(.other(Int(X509_V_ERR_CRL_HAS_EXPIRED)))
    }
    let end = unsafe X509_get0_notAfter(certificate)
    return unsafe X509_cmp_current_time(end) > 0 ? nil : .certificate(.expired)
  }

  private func fail(_ reason: TLSError) {
    if failure == nil { failure = reason }
    if !isEstablished { client?.forget() }
  }

  /// The reason for libssl's last failure.
  private func reason() -> TLSError {
    let code = ERR_peek_error()
    ERR_clear_error()
    // The end comes first: the failure that follows is libssl's own complaint about it.
    if let lowerError { return .connection(lowerError) }
    if traits.contains(.isFlooding) { return .malformed }
    if client?.context.verifies ?? true,
      let fault = CertificateFault(
        verification: unsafe SSL_get_verify_result(session), name: client?.identity.text ?? "")
    {
      return .certificate(fault)
    }
    if traits.contains(.isEndBelow) { return .closedEarly }
    return TLSError(libraryReason: ERR_GET_REASON(code))
  }

  // MARK: Bytes

  package func receive(into bytes: inout MutableSpan<UInt8>, from lower: LowerChannel) -> Channel.Received {
    guard failure == nil else { return .failed(systemError) }
    if traits.contains(.isEnded) { return .endOfStream }
    return during(lower) {
      var total = 0
      repeat {
        var count = 0
        ERR_clear_error()
        let result = unsafe bytes.withUnsafeMutableBufferPointer { space in
          unsafe SSL_read_ex(session, space.baseAddress.map { unsafe $0 + total }, space.count - total, &count)
        }
        guard result == 1 else { return ended(result, after: total) }
        total += count
        // The call takes all that libssl holds already, so that one read of the descriptor needs one of ours.
      } while total < bytes.count && hasPending
      return .bytes(total)
    }
  }

  /// The outcome of a read that brought nothing more.
  private func ended(_ result: Int32, after total: Int) -> Channel.Received {
    switch unsafe SSL_get_error(session, result) {
    case SSL_ERROR_WANT_READ: return total > 0 ? .bytes(total) : .wouldBlock
    case SSL_ERROR_ZERO_RETURN: traits.insert(.isEnded)
    default:
      let reason = reason()
      switch (side, reason) {
      // Clients leave without a farewell, and their messages say themselves where they end.
      case (.server, .closedEarly): traits.insert(.isEnded)
      default: fail(reason)
      }
    }
    if total > 0 { return .bytes(total) }
    return failure == nil ? .endOfStream : .failed(systemError)
  }

  /// The failure as the users of a channel know it.
  private var systemError: SystemError { lowerError ?? SystemError(code: ECONNRESET) }

  package func send(_ bytes: Span<UInt8>, more: Bool, to lower: LowerChannel) -> Channel.Sent {
    guard failure == nil else { return .failed(systemError) }
    return during(lower) {
      switch flushUnsent(lower) {
      case .flushed: break
      case .wouldBlock: return .bytes(0)
      case .failed(let error): return .failed(error)
      }
      let offered = bytes.extracting(first: min(bytes.count, Self.sendMax))
      if more || offered.count < bytes.count { traits.insert(.hasMore) } else { traits.remove(.hasMore) }
      var count = 0
      ERR_clear_error()
      let result = unsafe offered.withUnsafeBufferPointer {
        unsafe SSL_write_ex(session, $0.baseAddress, $0.count, &count)
      }
      guard result == 1 else {
        fail(reason())
        return .failed(systemError)
      }
      return .bytes(count)
    }
  }

  package func flush(_ lower: LowerChannel) -> Channel.Flushed {
    guard failure == nil else { return .failed(systemError) }
    return during(lower) { flushUnsent(lower) }
  }

  package func finishSending(_ lower: LowerChannel) {
    guard failure == nil, isEstablished else { return lower.finishSending() }
    during(lower) {
      sayFarewell()
      traits.insert(.isFinishing)
      _ = flushUnsent(lower)
    }
  }

  /// Tells the peer that nothing more will be sent (RFC 8446 §6.1); its answer is not waited for.
  private func sayFarewell() {
    guard unsafe SSL_get_shutdown(session) & SSL_SENT_SHUTDOWN == 0 else { return }
    traits.remove(.hasMore)
    ERR_clear_error()
    unsafe _ = SSL_shutdown(session)
    ERR_clear_error()
  }

  // MARK: Events

  package func translate(_ readiness: Readiness, _ lower: LowerChannel) -> Readiness {
    during(lower) {
      guard isEstablished else {
        // The other side answers nothing that it has not got whole.
        if failure == nil, !unsent.isEmpty, case .failed = flushUnsent(lower) {
          return [.readable, .writable, .broken]
        }
        return advanceHandshake(lower)
      }
      guard readiness.contains(.writable), !unsent.isEmpty else { return readiness }
      switch flushUnsent(lower) {
      case .flushed: return readiness
      case .wouldBlock: return readiness.subtracting(.writable)
      case .failed: return readiness.union([.readable, .broken])
      }
    }
  }

  package func mayReceive(_ lower: LowerChannel) -> Bool {
    !traits.isDisjoint(with: [.isEnded, .isEndBelow]) || failure != nil || lower.isReadable || !early.isEmpty
      || hasPending
  }

  /// True if libssl holds bytes that were not read yet, records in pieces among them.
  private var hasPending: Bool { unsafe SSL_has_pending(session) == 1 }

  package func unsentCount(_ lower: LowerChannel) -> Int { unsent.count + lower.unsentCount }

  package func resetOnClose(_ lower: LowerChannel) {
    traits.insert(.isReset)
    lower.resetOnClose()
  }

  package func connectionError(_ lower: LowerChannel) -> SystemError? {
    failure == nil ? lower.connectionError : systemError
  }

  package func close(_ lower: LowerChannel) {
    guard failure == nil, isEstablished, !traits.contains(.isReset) else { return }
    during(lower) {
      sayFarewell()
      _ = flushUnsent(lower)
    }
  }

  /// Lets libssl's calls reach the descriptor for the time of `body`.
  private func during<Result>(_ lower: LowerChannel, _ body: () -> Result) -> Result {
    self.lower = lower
    defer { self.lower = nil }
    return body()
  }
}
