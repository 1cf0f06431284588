import Accounts
import Bytes
import Configuration
import Cryptography
import Foundation
import HTTP

/// Short texts, each with one spelling.
enum TextTarget {
  /// Names, stored hashes, ids and lists.
  static func read(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let hash = PasswordHash(text) {
      require(hash.text == text, "a stored hash has one spelling", text)
    }
    if let name = try? AccountName(text) {
      require(name.text == text && (1...64).contains(text.utf8.count), "a name is what it was", text)
      require((try? AccountName(name.key))?.key == name.key, "a name's key is a name", text)
    }
    if let role = try? RoleName(text) {
      require(role.text == text && !text.contains(","), "a role fits into a list", text)
    }
    let policy = PasswordPolicy(minimum: 8, maximum: 64)
    if (try? policy.accept(Password(bytes: bytes))) != nil {
      require(text.utf8.elementsEqual(bytes), "a password is text", shown(bytes))
      require(
        (8...64).contains(text.unicodeScalars.count) || (8...64).contains(text.count), "a password has its length", text
      )
    }
    if RequestID.isAcceptable(bytes.span) {
      require(bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F } && bytes.count <= 128, "an id needs no escape", text)
    }
    _ = TraceParent.isWellFormed(bytes.span)
    checkPairs(bytes)
  }

  /// Lists are read to their end, each element behind the one before.
  private static func checkPairs(_ bytes: [UInt8]) {
    var position = 0
    var last = 0
    while let cookie = bytes.span.nextCookie(&position) {
      check(cookie, after: last, before: position)
      last = cookie.whole.upperBound
    }
    (position, last) = (0, 0)
    while let parameter = bytes.span.nextParameter(&position) {
      check(parameter, after: last, before: position)
      last = parameter.whole.upperBound
    }
  }

  private static func check(_ pair: NamedValue, after last: Int, before position: Int) {
    require(pair.whole.lowerBound >= last && pair.whole.upperBound <= position, "pairs stand in their order")
    require(pair.name.lowerBound == pair.whole.lowerBound, "a pair begins with its name")
    require(pair.value.upperBound == pair.whole.upperBound, "a pair ends with its value")
  }

  static func readBase64URL(_ bytes: [UInt8]) {
    let encoded = Issuing.encoded(bytes)
    require(Issuing.decoded(encoded) == bytes, "what is encoded decodes to the same", shown(bytes))
    let standard = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    require(Array(standard.replacing("=", with: "").utf8) == encoded, "it is encoded as elsewhere", shown(bytes))
    let decoded = Issuing.decoded(bytes)
    if let decoded { require(Issuing.encoded(decoded) == bytes, "a value has one text", shown(bytes)) }
    var output: [UInt8] = [1, 2, 3]
    if !Base64URL.decode(bytes.span, into: &output) { require(output == [1, 2, 3], "a refusal leaves nothing behind") }
  }
}
