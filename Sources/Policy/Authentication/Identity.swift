import Bytes
import Configuration
package import HTTP
import JSON
package import Tokens

/// Who the caller is, as a verified token proves it: the only source of identity fields.
///
/// Built once for each token; immutable.
package final class Identity: Sendable {
  /// The lines that tell an upstream, in the order of `identity_headers`.
  ///
  /// The token's text stands behind them: a request needs both, and nothing else of what is known.
  package let fields: FieldBlock
  /// Between these two times, in seconds since the epoch, nothing speaks against the token.
  let goodFrom: Double
  let goodUntil: Double
  /// The token that proves it.
  package let token: VerifiedToken

  /// - Parameter names: where the issuer's tokens say what they say.
  init(_ token: VerifiedToken, text: Span<UInt8>, names: ClaimNames, headers: [IdentityHeader]) {
    self.token = token
    goodFrom = token.goodFrom
    goodUntil = token.expiresAt
    var fields = FieldBlock()
    for header in headers {
      let claim = names.value(of: ClaimPath(header.claim), in: token.claims, subject: token.subject)
      guard let value = claim.flatMap(IdentityValue.encoded) else { continue }
      // An encoded value is a field value by construction, and the loader has checked the name.
      let isAppended = fields.append(name: Array(header.name.utf8).span, value: value.span)
      assert(isAppended, "an encoded claim is no field value")
    }
    self.fields = fields.keeping(text)
  }

  /// The user for logs.
  ///
  /// It is whatever text the issuer chose: whoever writes it somewhere escapes it.
  package var user: String { token.subject }
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
