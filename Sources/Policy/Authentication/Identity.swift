import Bytes
import Configuration
package import HTTP
import JSON
package import Tokens

/// Who the caller is, as a verified token proves it: the only source of identity fields.
///
/// Built once for each token; immutable.
package struct Identity: @unchecked Sendable {
  // Sendable because nobody changes the record once it is filled.
  private let record: IdentityRecord

  init(_ record: IdentityRecord) { self.record = record }

  /// The token that proves it.
  package var token: VerifiedToken { record.header.token }

  /// The lines that tell an upstream, in the order of `identity_headers`.
  package var lines: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe _overrideLifetime(record.lines, borrowing: self) }
  }

  /// The same, to be added to.
  package var fields: FieldBlock { FieldBlock(copying: lines) }

  /// The user for logs.
  ///
  /// It is whatever text the issuer chose: whoever writes it somewhere escapes it.
  package var user: String { token.subject }

  /// What tells the identities of two tokens apart, as long as they live.
  package var id: ObjectIdentifier { ObjectIdentifier(record) }
}

/// What is kept of an identity, in one piece of memory: the times, the token's text, the lines for the upstream.
///
/// A request needs all of it. The text comes first so that where it stands is known before anything of the record is: the processor
/// fetches both at once.
final class IdentityRecord: ManagedBuffer<IdentityRecord.Facts, UInt8>, TokenKeeper {
  // SAFETY: of the elements, the first `tokenCount` are the token's text and the `lineCount` behind them lines. `make` has
  // initialised them all; bytes need no end.

  struct Facts {
    /// Between these two times, in seconds since the epoch, nothing speaks against the token.
    let goodFrom: Double
    let goodUntil: Double
    let token: VerifiedToken
    let tokenCount: Int32
    let lineCount: Int32
  }

  /// What is to be kept of a token that was verified.
  ///
  /// - Parameters:
  ///   - text: the token's.
  ///   - names: where the issuer's tokens say what they say.
  static func make(
    _ token: VerifiedToken, text: Span<UInt8>, names: ClaimNames, headers: [IdentityHeader]
  ) -> IdentityRecord {
    var fields = FieldBlock()
    for header in headers {
      let claim = names.value(of: ClaimPath(header.claim), in: token.claims, subject: token.subject)
      guard let value = claim.flatMap(IdentityValue.encoded) else { continue }
      // An encoded value is a field value by construction, and the loader has checked the name.
      let isAppended = fields.append(name: Array(header.name.utf8).span, value: value.span)
      assert(isAppended, "an encoded claim is no field value")
    }
    let facts = Facts(
      goodFrom: token.goodFrom, goodUntil: token.expiresAt, token: token, tokenCount: Int32(text.count),
      lineCount: Int32(fields.count))
    let buffer = create(minimumCapacity: text.count + fields.count) { _ in facts }
    unsafe buffer.withUnsafeMutablePointerToElements { elements in
      let (lines, textCount) = (fields.lines, text.count)
      for index in text.indices { unsafe (elements + index).initialize(to: text[index]) }
      for index in lines.indices { unsafe (elements + textCount + index).initialize(to: lines[index]) }
    }
    return unsafe unsafeDowncast(buffer, to: IdentityRecord.self)
  }

  /// Whether nothing speaks against the token at the time `now`, in seconds since the epoch.
  func isGood(at now: Double) -> Bool { header.goodFrom <= now && now < header.goodUntil }

  var lines: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe bytes(from: Int(header.tokenCount), count: Int(header.lineCount)) }
  }

  func isFor(_ token: Span<UInt8>) -> Bool {
    guard token.count == Int(header.tokenCount) else { return false }
    return unsafe bytes(from: 0, count: token.count).equals(token)
  }

  var keptByteCount: Int { Int(header.tokenCount) + Int(header.lineCount) }

  @unsafe
  @_lifetime(borrow self)
  private func bytes(from start: Int, count: Int) -> Span<UInt8> {
    let elements = unsafe withUnsafeMutablePointerToElements { unsafe UnsafePointer($0) }
    return unsafe _overrideLifetime(Span(_unsafeStart: elements + start, count: count), borrowing: self)
  }
}

/// How a claim becomes the value of a field: visible ASCII, which no parser can take for the end of the line.
enum IdentityValue {
  /// Nil for a claim that has no such form: an object, null.
  static func encoded(_ value: JSONValue) -> [UInt8]? {
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
