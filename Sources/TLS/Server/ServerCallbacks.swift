import Bytes
internal import COpenSSL
import Glibc

/// libssl's questions during a handshake, and the answers.
///
/// libssl calls them inside ``TLSFilter``'s calls, on its loop's thread.
@safe
enum ServerCallbacks {
  // SAFETY (all): libssl calls them with a session that is alive and buffers of the sizes that it says.

  private static func server(of session: OpaquePointer?) -> ServerTLS? {
    unsafe SessionData.filter(of: session)?.server
  }

  private static var now: Int { time(nil) }

  // MARK: Names

  /// Chooses the certificate by the name that the client asks for (RFC 6066 §3).
  ///
  /// This is the one moment that comes before a ticket is looked at: a context that is put in later would let a session of another
  /// name be resumed.
  static let clientHello:
    @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int32>?, UnsafeMutableRawPointer?) -> Int32 = {
      session, alert, _ in
      guard let session = unsafe session, let server = unsafe server(of: session) else { return SSL_CLIENT_HELLO_ERROR }
      var bytes: UnsafePointer<UInt8>?
      var count = 0
      guard unsafe SSL_client_hello_get0_ext(session, UInt32(TLSEXT_TYPE_server_name), &bytes, &count) == 1 else {
        guard server.isStrict else { return SSL_CLIENT_HELLO_SUCCESS }
        unsafe alert?.pointee = SSL_AD_UNRECOGNIZED_NAME
        return SSL_CLIENT_HELLO_ERROR
      }
      guard let name = ClientWishes.serverName(unsafe UnsafeBufferPointer(start: bytes, count: count).span) else {
        unsafe alert?.pointee = SSL_AD_DECODE_ERROR
        return SSL_CLIENT_HELLO_ERROR
      }
      if let context = HostName.folded(name.span).flatMap({ server.context(for: $0) }) {
        guard unsafe SSL_set_SSL_CTX(session, context.handle) != nil else { return SSL_CLIENT_HELLO_ERROR }
      } else if server.isStrict {
        unsafe alert?.pointee = SSL_AD_UNRECOGNIZED_NAME
        return SSL_CLIENT_HELLO_ERROR
      }
      return SSL_CLIENT_HELLO_SUCCESS
    }

  /// Acknowledges the name, which libssl does only where there is such a callback.
  static let acknowledgeName:
    @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int32>?, UnsafeMutableRawPointer?) -> Int32 = {
      _, _, _ in SSL_TLSEXT_ERR_OK
    }

  // MARK: Protocols

  /// Chooses the best of our protocols that the client speaks (RFC 7301 §3.2); a client that speaks none of them is refused.
  static let selectProtocol:
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?, UnsafePointer<UInt8>?,
      UInt32, UnsafeMutableRawPointer?
    ) -> Int32 = { session, chosen, chosenCount, offered, offeredCount, _ in
      guard let server = unsafe server(of: session), let offered = unsafe offered else {
        return SSL_TLSEXT_ERR_ALERT_FATAL
      }
      let offers = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredCount))
      guard let place = ClientWishes.protocolPlace(of: server.protocols, in: unsafe offers.span) else {
        return SSL_TLSEXT_ERR_ALERT_FATAL
      }
      unsafe chosen?.pointee = offered + place.lowerBound
      unsafe chosenCount?.pointee = UInt8(truncatingIfNeeded: place.count)
      return SSL_TLSEXT_ERR_OK
    }

  // MARK: Tickets

  /// Gives libssl the key for a ticket: the current one to make it, the one named in front of it to open it.
  ///
  /// Returns 0 for a ticket of an unknown key, which makes a full handshake; 2 for one that is to be replaced.
  static let ticketKey:
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, OpaquePointer?, OpaquePointer?, Int32
    ) -> Int32 = { session, name, vector, cipher, mac, isMaking in
      guard let tickets = unsafe server(of: session)?.tickets, let name = unsafe name, let vector = unsafe vector else {
        return 0
      }
      let names = unsafe UnsafeMutableBufferPointer(start: name, count: 16)
      if isMaking == 1 {
        guard let key = tickets.current(at: now), unsafe RAND_bytes(vector, 16) == 1 else { return 0 }
        for index in 0..<16 { unsafe names[index] = key.name[index] }
        return unsafe set(key, vector, cipher, mac, isMaking: true) ? 1 : 0
      }
      guard let found = tickets.key(named: unsafe UnsafeBufferPointer(names).span, at: now) else { return 0 }
      guard unsafe set(found.key, vector, cipher, mac, isMaking: false) else { return 0 }
      return found.isOld ? 2 : 1
    }

  private static func set(
    _ key: TicketKeys.Key, _ vector: UnsafeMutablePointer<UInt8>, _ cipher: OpaquePointer?, _ mac: OpaquePointer?,
    isMaking: Bool
  ) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    let kind = unsafe TicketAlgorithms.shared.cipher
    let begun =
      isMaking
      ? unsafe EVP_EncryptInit_ex(cipher, kind, nil, key.cipherKey, vector)
      : unsafe EVP_DecryptInit_ex(cipher, kind, nil, key.cipherKey, vector)
    guard begun == 1 else { return false }
    return unsafe portcullis_set_ticket_mac(mac, key.macKey, key.macKey.count) == 1
  }

  /// Notes in a new ticket when its session began.
  static let ticketMade: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { session, _ in
    guard let session = unsafe session, let filter = unsafe SessionData.filter(of: session) else { return 0 }
    let begun = filter.sessionBegun ?? now
    filter.sessionBegun = begun
    var bytes: [UInt8] = []
    for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: begun >> (8 * shift))) }
    return unsafe SSL_SESSION_set1_ticket_appdata(SSL_get_session(session), bytes, bytes.count)
  }

  /// Decides on a session that a client wants to resume, by the time at which it began.
  static let ticketOpened:
    @convention(c) (
      OpaquePointer?, OpaquePointer?, UnsafePointer<UInt8>?, Int, SSL_TICKET_STATUS, UnsafeMutableRawPointer?
    ) -> SSL_TICKET_RETURN = { session, resumed, _, _, status, _ in
      switch status {
      case SSL_TICKET_SUCCESS, SSL_TICKET_SUCCESS_RENEW:
        guard let filter = unsafe SessionData.filter(of: session), let begun = unsafe beginning(of: resumed),
          begun <= now, now < begun + SessionAge.limit
        else { return SSL_TICKET_RETURN_IGNORE_RENEW }
        filter.sessionBegun = begun
        // Clients use a ticket of TLS 1.3 once (RFC 8446 §C.4), so they need another for the next time.
        let isUsedOnce = unsafe SSL_version(session) >= TLS1_3_VERSION
        return status == SSL_TICKET_SUCCESS && !isUsedOnce ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW
      case SSL_TICKET_EMPTY, SSL_TICKET_NO_DECRYPT: return SSL_TICKET_RETURN_IGNORE_RENEW
      default: return SSL_TICKET_RETURN_IGNORE
      }
    }

  private static func beginning(of resumed: OpaquePointer?) -> Int? {
    var data: UnsafeMutableRawPointer?
    var count = 0
    guard let resumed = unsafe resumed, unsafe SSL_SESSION_get0_ticket_appdata(resumed, &data, &count) == 1, count == 8,
      let data = unsafe data
    else { return nil }
    return unsafe Int(data.loadUnaligned(as: Int64.self).littleEndian)
  }

  // MARK: Floods

  /// Counts messages that only keep the gateway busy: changes of keys (RFC 8446 §4.6.3), and wishes for a new handshake, which are refused.
  static let message:
    @convention(c) (
      Int32, Int32, Int32, UnsafeRawPointer?, Int, OpaquePointer?, UnsafeMutableRawPointer?
    ) -> Void = { isWrite, _, kind, bytes, count, session, _ in
      guard kind == SSL3_RT_HANDSHAKE, isWrite == 0, count > 0, let bytes = unsafe bytes else { return }
      switch unsafe bytes.load(as: UInt8.self) {
      case UInt8(SSL3_MT_KEY_UPDATE): unsafe SessionData.filter(of: session)?.noteIdleMessage()
      case UInt8(SSL3_MT_CLIENT_HELLO):
        guard let filter = unsafe SessionData.filter(of: session), filter.isEstablished else { return }
        filter.noteIdleMessage()
      default: break
      }
    }
}

/// The algorithms of tickets, fetched once: fetching takes longer than using them.
@safe
struct TicketAlgorithms: @unchecked Sendable {
  // Sendable because libcrypto's fetched algorithms are immutable. SAFETY: never freed.
  let cipher: OpaquePointer?

  static let shared = unsafe TicketAlgorithms(cipher: EVP_CIPHER_fetch(nil, "AES-256-CBC", nil))
}
