public import Bytes

/// The head of a request that passed every rule that the gateway enforces, whatever version of HTTP it came in.
///
/// Only the parser of a version fills one. Its storage is kept from one request to the next, and it outlives the bytes that it was
/// read from. It lies in memory of its own: many functions borrow a head, and to borrow a large value is often to copy it.
@usableFromInline
package struct RequestHead: ~Copyable {
  @usableFromInline
  struct Storage: ~Copyable {
    @usableFromInline var method = Method.get
    @usableFromInline var version = Version.http11
    @usableFromInline var scheme: Scheme?
    @usableFromInline var body = BodyLength.none
    @usableFromInline var isWebSocketUpgrade = false
    @usableFromInline var port: UInt16?
    /// The fields that the sender names as meant for one hop only, beyond those that are so by their nature.
    var nominated = ListedWords()
    var rawTargetRange = 0..<0
    /// The authority that an absolute target names, beside `Host`.
    var targetAuthority: Range<Int>?
    var authorityRange = 0..<0
    var hostRange = 0..<0
    /// The host in lower case, where it was not sent so.
    var lowercaseHost: [UInt8] = []
    /// The last authority that was taken apart, and its parts: mostly that of the next request on the connection too.
    var knownAuthority: [UInt8] = []
    var knownParts: Authority?
  }

  @usableFromInline var storage = Boxed(Storage())
  @usableFromInline package internal(set) var target = RequestTarget()
  @usableFromInline package internal(set) var fields = Fields()

  package init() {}

  @inlinable package var method: Method { _read { yield storage.value.method } }
  @inlinable package var version: Version { storage.value.version }
  /// The scheme that the request names; nil where its target is a path alone.
  @inlinable package var scheme: Scheme? { storage.value.scheme }
  /// The length of the body that follows.
  @inlinable package var body: BodyLength { storage.value.body }
  /// True for a well-formed handshake of a WebSocket (RFC 6455 §4.2.1).
  @inlinable package var isWebSocketUpgrade: Bool { storage.value.isWebSocketUpgrade }
  /// The port named beside the host; nil for none, and for 80 and 443.
  @inlinable package var port: UInt16? { storage.value.port }

  /// The target as it was sent, for logs.
  ///
  /// It may hold a token.
  package var rawTarget: Span<UInt8> {
    @_lifetime(borrow self) get { fields.bytes.extracting(storage.value.rawTargetRange) }
  }

  /// True if `Connection` names the field, so that it concerns one connection alone (RFC 9110 §7.6.1).
  package func isNominated(_ name: Span<UInt8>) -> Bool {
    namesFields && storage.value.nominated.contains(name, in: fields)
  }

  /// True if `Connection` names a field that would not end here anyway.
  var namesFields: Bool { !storage.value.nominated.isEmpty }

  /// True if the client waits for a 100 before it sends the body (RFC 9110 §10.1.1).
  ///
  /// HTTP/1.0 has no such thing, and without a body there is nothing to wait for. No parser lets another expectation pass.
  @inlinable package var expectsContinue: Bool { fields.contains(.expect) && version != .http10 && !body.isEmpty }

  /// The authority as it was sent: `Host`, or that of the target in its stead; empty if neither is there (HTTP/1.0).
  package var authority: Span<UInt8> {
    @_lifetime(borrow self) get { fields.bytes.extracting(storage.value.authorityRange) }
  }

  /// The host to match routes with: in lower case, without a final dot, without port.
  ///
  /// Empty if the request names none.
  package var host: Span<UInt8> {
    @_lifetime(borrow self) get {
      storage.value.lowercaseHost.isEmpty
        ? fields.bytes.extracting(storage.value.hostRange) : storage.value.lowercaseHost.span
    }
  }
}

// MARK: The authority

extension RequestHead {
  /// Takes the authority that lies there in the head's bytes.
  ///
  /// - Throws: if it is empty or out of form.
  mutating func setAuthority(at range: Range<Int>) throws(HeadRejection) {
    if !isKnownAuthority(at: range) { try learnAuthority(at: range) }
    let hostCount = storage.value.knownParts?.hostCount ?? 0
    storage.value.authorityRange = range
    storage.value.hostRange = range.lowerBound..<(range.lowerBound &+ hostCount)
  }

  /// Notes that the request names no host; its authority is that place, which is empty.
  mutating func setNoHost(at range: Range<Int>) {
    forgetAuthority()
    storage.value.authorityRange = range
    storage.value.hostRange = range
  }

  /// True if the last authority was the same, of which port and host are known.
  private func isKnownAuthority(at range: Range<Int>) -> Bool {
    storage.value.knownParts != nil && storage.value.knownAuthority.span.equals(fields.bytes.extracting(range))
  }

  private mutating func learnAuthority(at range: Range<Int>) throws(HeadRejection) {
    forgetAuthority()
    guard let parts = Authority(fields.bytes.extracting(range)) else { throw .malformedHost }
    storage.value.knownAuthority = fields.bytes.extracting(range).array
    storage.value.knownParts = parts
    storage.value.port = parts.nonDefaultPort
    guard parts.hasUppercase else { return }
    for octet in storage.value.knownAuthority.prefix(parts.hostCount) {
      storage.value.lowercaseHost.append(ASCII.lowercased(octet))
    }
  }

  private mutating func forgetAuthority() {
    storage.value.knownParts = nil
    storage.value.port = nil
    storage.value.lowercaseHost.removeAll(keepingCapacity: true)
  }

  /// Holds another authority that the request names against the one that was taken.
  func compare(_ authority: Range<Int>) throws(HeadRejection) {
    let text = fields.bytes.extracting(authority)
    guard let parts = Authority(text) else { throw .malformedTarget }
    guard parts.nonDefaultPort == port, text.extracting(first: parts.hostCount).equalsIgnoringCase(host)
    else { throw .hostMismatch }
  }
}

extension Authority {
  /// The port, unless it is the default one of a scheme that the gateway may have been reached by.
  fileprivate var nonDefaultPort: UInt16? { port == 80 || port == 443 ? nil : port }
}
