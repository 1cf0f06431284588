import Bytes
import Configuration
import Cryptography
package import HTTP
import JSON
package import Tokens

/// The caller's identity, as a verified token proves it, or on a route that asks for one a verified client certificate.
///
/// Built once for each token; immutable. The fields that tell of a certificate are no part of it (``CertificateFields``): a token may
/// come over many connections.
package struct Identity: @unchecked Sendable {
  // Sendable because the record does not change once it is filled.
  private let record: IdentityRecord

  init(_ record: IdentityRecord) { self.record = record }

  /// The fields that tell an upstream, in the order of `identity_headers`.
  package var run: FieldRun {
    @_lifetime(borrow self) get { FieldRun(packed: unsafe _overrideLifetime(record.fields, borrowing: self)) }
  }

  /// The same as a block of its own.
  package var fields: FieldBlock { fields(reserving: 0) }

  /// The same as a block that has room for so many bytes more.
  package func fields(reserving more: Int) -> FieldBlock { FieldBlock(copying: run, reserving: more) }

  /// The user for logs.
  ///
  /// The issuer chooses its text freely: code that writes it somewhere escapes it.
  package var userText: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe _overrideLifetime(record.subject, borrowing: self) }
  }

  /// The same as a string of its own.
  package var user: String { userText.text }

  /// True if a token proves it, and no certificate.
  package var isOfToken: Bool { record.facts.reader != nil }

  /// The issuer's name; nil for the one whose tokens carry none, and for a certificate.
  package var issuer: String? { record.facts.reader?.issuer }

  /// The end of the token, in seconds since the epoch, the leeway included; infinite for one that does not, and for a certificate.
  package var expiresAt: Double { record.facts.goodUntil }

  /// The session that the token belongs to (`sid`); empty for a token without one.
  package var session: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe _overrideLifetime(record.session, borrowing: self) }
  }

  /// The session as revocations know it.
  var sessionHolder: Revocations.Holder { record.facts.sessionHolder }

  /// The user as revocations know it.
  var userHolder: Revocations.Holder { record.facts.userHolder }

  /// The time at which the token was issued, in seconds since the epoch; nil if it does not say.
  var issuedAt: Double? { record.facts.issuedAt }

  /// Reads the claims of the token once more.
  ///
  /// Nil for the identity of a certificate, or if the token's text were no longer what was verified. No request that is just forwarded
  /// needs it.
  package var reading: ClaimReading? { record.facts.reader?.reading(ofToken: record.token) }

  /// A number that tells the identities of two tokens apart, however long ago one of them was forgotten.
  package var serial: UInt64 { record.facts.serial }

  func hasRole(_ role: String) -> Bool { record.roles.holds(packed: role.utf8Span.span) }

  func hasScope(_ word: String) -> Bool { record.scopes.holds(packed: word.utf8Span.span) }

  /// True if the claim of that name is one of the packed scalars, or a list that holds one.
  ///
  /// - Parameter name: one of those that a route of the policy asks for.
  func hasClaim(_ name: String, amongPacked allowed: [[UInt8]]) -> Bool {
    let values = record.claims.packedValue(of: name.utf8Span.span)
    for scalar in allowed where values.holds(packed: scalar.span) { return true }
    return false
  }
}

/// All that is kept of an identity, in one piece of memory.
///
/// It holds the times, the token's text, the lines for the upstream, and the words that requirements are looked for among. Of the
/// claims nothing else is kept: however many they are, the record is not much longer than the token.
///
/// A request needs most of it. The text comes first so that where it stands is known before anything of the record is: the processor
/// fetches both at once.
final class IdentityRecord: ManagedBuffer<IdentityRecord.Facts, UInt8>, TokenKeeper {
  // SAFETY: of the elements, those before the last of `ends` are initialised: `make` has done that, and bytes need no end. The ends
  // ascend.

  struct Facts {
    /// Between these two times, in seconds since the epoch, nothing speaks against the token; there is no such time for one whose
    /// binding each request is asked for.
    let goodFrom: Double
    let goodUntil: Double
    let issuedAt: Double?
    let ends: Ends
    let serial: UInt64
    /// Nil for a certificate, as is what follows.
    let reader: ClaimReader?
    let validity: TokenValidity?
    let binding: TokenBinding
    let sessionHolder: Revocations.Holder
    let userHolder: Revocations.Holder
  }

  /// The places where each part ends, and the next begins.
  struct Ends {
    var token: Int32 = 0
    var fields: Int32 = 0
    var subject: Int32 = 0
    var session: Int32 = 0
    var roles: Int32 = 0
    var scopes: Int32 = 0
    var claims: Int32 = 0
  }

  /// A claim that an upstream is told of.
  struct Line {
    let name: [UInt8]
    let claim: ClaimPath
  }

  /// Makes the record of a token that was verified.
  ///
  /// - Parameters:
  ///   - text: the token's.
  ///   - lines: what upstreams are told.
  ///   - claims: those that routes ask for.
  static func make(
    _ token: VerifiedToken, text: Span<UInt8>, lines: [Line], claims: [ClaimPath]
  ) -> IdentityRecord {
    let reading = token.reading
    var (rest, ends) = ([UInt8](), Ends())
    func end(_ rest: [UInt8]) -> Int32 { Int32(clamping: text.count + rest.count) }
    ends.token = end(rest)
    rest.append(fields(of: reading, lines).run.packed)
    ends.fields = end(rest)
    rest.append(reading.subject.utf8Span.span)
    ends.subject = end(rest)
    rest.append((reading.claims["sid"]?.string ?? "").utf8Span.span)
    ends.session = end(rest)
    for role in reading.roles { rest.append(packed: role.utf8Span.span) }
    ends.roles = end(rest)
    for word in reading.scopes { rest.append(packed: word.utf8Span.span) }
    ends.scopes = end(rest)
    for claim in claims {
      let scalars = reading.meaning(of: claim).packedScalars
      if scalars.isEmpty { continue }
      rest.append(packed: claim.text.utf8Span.span)
      rest.append(packed: scalars.span)
    }
    ends.claims = end(rest)
    let session = reading.claims["sid"]?.string ?? ""
    let issuer = token.reader.issuer
    let facts = Facts(
      goodFrom: token.binding == .none ? token.goodFrom : .infinity, goodUntil: token.expiresAt,
      issuedAt: reading.claims["iat"]?.number?.double, ends: ends,
      serial: token.serial, reader: token.reader,
      validity: token.validity, binding: token.binding,
      sessionHolder: Revocations.Holder(issuer: issuer, name: session),
      userHolder: Revocations.Holder(issuer: issuer, name: reading.subject))
    return make(facts, text, rest)
  }

  /// Makes the record of a certificate: its subject is the user, and there is nothing else.
  static func make(_ certificate: ClientCertificate) -> IdentityRecord {
    var (rest, ends) = ([UInt8](), Ends())
    rest.append(certificate.subject.utf8Span.span)
    let end = Int32(clamping: rest.count)
    (ends.subject, ends.session, ends.roles, ends.scopes, ends.claims) = (end, end, end, end, end)
    let facts = Facts(
      goodFrom: -.infinity, goodUntil: .infinity, issuedAt: nil, ends: ends, serial: 0, reader: nil, validity: nil,
      binding: .none, sessionHolder: Revocations.Holder(issuer: nil, name: ""),
      userHolder: Revocations.Holder(issuer: nil, name: certificate.subject))
    return make(facts, Span(), rest)
  }

  private static func make(_ facts: Facts, _ text: Span<UInt8>, _ rest: [UInt8]) -> IdentityRecord {
    let buffer = create(minimumCapacity: text.count + rest.count) { _ in facts }
    unsafe buffer.withUnsafeMutablePointerToElements { elements in
      for index in text.indices { unsafe (elements + index).initialize(to: text[index]) }
      for index in rest.indices { unsafe (elements + text.count + index).initialize(to: rest[index]) }
    }
    return unsafe unsafeDowncast(buffer, to: IdentityRecord.self)
  }

  private static func fields(of reading: ClaimReading, _ lines: [Line]) -> FieldBlock {
    var fields = FieldBlock()
    for line in lines {
      guard let value = IdentityValue.encoded(reading.meaning(of: line.claim)) else { continue }
      // An encoded value is a field value by construction, and the loader has checked the name.
      let isAppended = fields.append(name: line.name.span, value: value.span)
      assert(isAppended, "an encoded claim is no field value")
    }
    return fields
  }

  /// The `header`, which a class would check for overlapping access at each use.
  // SAFETY: the header is initialised by `make` and never changes; it lives as long as the object.
  var facts: Facts {
    unsafeAddress { unsafe UnsafePointer(withUnsafeMutablePointerToHeader { unsafe $0 }) }
  }

  /// True if nothing speaks against the token at the time `now`, in seconds since the epoch.
  func isGood(at now: Double) -> Bool { facts.goodFrom <= now && now < facts.goodUntil }

  /// The reason for which the token is no good in a request at that time; nil if it is good.
  ///
  /// - Parameter certificate: that of the client, proven by the request's connection; nil without.
  func rejection(at now: Double, certificate: CertificateThumbprint? = nil) -> TokenRejection? {
    facts.validity?.rejection(at: now) ?? facts.binding.rejection(of: certificate)
  }

  var token: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe bytes(0, facts.ends.token) }
  }

  /// The fields for the upstream, as a ``FieldRun`` has them.
  var fields: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe bytes(facts.ends.token, facts.ends.fields) }
  }

  var subject: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe bytes(facts.ends.fields, facts.ends.subject) }
  }

  var session: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe bytes(facts.ends.subject, facts.ends.session) }
  }

  /// Packed, as are the two that follow.
  var roles: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe bytes(facts.ends.session, facts.ends.roles) }
  }

  var scopes: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe bytes(facts.ends.roles, facts.ends.scopes) }
  }

  /// Names of claims, each with the scalars of its value behind it.
  var claims: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe bytes(facts.ends.scopes, facts.ends.claims) }
  }

  func isFor(_ token: Span<UInt8>) -> Bool {
    guard token.count == Int(facts.ends.token) else { return false }
    return self.token.equals(token)
  }

  var heldByteCount: Int {
    Allocation.byteCount(ofObject: MemoryLayout<Facts>.stride + Int(facts.ends.claims))
  }

  @unsafe
  @_lifetime(borrow self)
  private func bytes(_ start: Int32, _ end: Int32) -> Span<UInt8> {
    let elements = unsafe withUnsafeMutablePointerToElements { unsafe UnsafePointer($0) }
    let span = unsafe Span(_unsafeStart: elements + Int(start), count: Int(end &- start))
    return unsafe _overrideLifetime(span, borrowing: self)
  }
}

/// The conversion of a claim into the value of a field: visible ASCII, which no parser can take for the end of the line.
enum IdentityValue {
  /// Nil for nothing.
  ///
  /// A role or a scope is written alike whether it came in a list or alone.
  static func encoded(_ meaning: ClaimMeaning) -> [UInt8]? {
    switch meaning {
    case .nothing: nil
    case .word(let word): encoded(word, isElement: true)
    case .words(let words): Array(words.map { encoded($0, isElement: true) }.joined(separator: [comma]))
    case .value(let value): encoded(value)
    }
  }

  /// Nil for a claim that has no such form: an object, null.
  private static func encoded(_ value: JSONValue) -> [UInt8]? {
    guard case .array(let elements) = value else { return scalar(value, isElement: false) }
    return Array(elements.compactMap { scalar($0, isElement: true) }.joined(separator: [comma]))
  }

  private static func scalar(_ value: JSONValue, isElement: Bool) -> [UInt8]? {
    switch value {
    case .string(let text): encoded(text, isElement: isElement)
    case .number(let number): Array(number.text.utf8)
    case .bool(let flag): Array((flag ? "true" : "false").utf8)
    case .null, .array, .object: nil
    }
  }

  /// Percent-encoded as UTF-8 where it holds `%`, controls, non-ASCII, outer spaces or, inside a list, `,`.
  private static func encoded(_ text: String, isElement: Bool) -> [UInt8] {
    let bytes = Array(text.utf8)
    let first = bytes.firstIndex { $0 != ASCII.space } ?? bytes.count
    let last = bytes.lastIndex { $0 != ASCII.space } ?? -1
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    for (index, byte) in bytes.enumerated() {
      let isOuterSpace = index < first || index > last
      if byte < 0x20 || byte >= 0x7F || byte == percent || isOuterSpace || (isElement && byte == comma) {
        output += [percent, digit(byte >> 4), digit(byte & 15)]
      } else {
        output.append(byte)
      }
    }
    return output
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value + 48 : value + 55 }

  private static var percent: UInt8 { UInt8(ascii: "%") }
  private static var comma: UInt8 { UInt8(ascii: ",") }
}
