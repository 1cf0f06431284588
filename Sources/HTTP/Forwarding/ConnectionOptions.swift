import Bytes

/// What the sender of a message names in `Connection` as meant for the next hop only (RFC 9110 §7.6.1).
struct ConnectionOptions: ~Copyable {
  /// Whether any field is named at all, beyond `close`, `keep-alive` and what is removed anyway.
  let namesFields: Bool

  init(_ fields: borrowing Fields) {
    var namesFields = false
    var index = fields.first(.connection)
    while let line = index {
      let value = fields.value(at: line)
      var position = 0
      while let element = value.nextListElement(&position) {
        let option = value.extracting(element)
        if !option.equalsIgnoringCase("close"), !KnownFieldSet.hopByHop.contains(KnownField(name: option)) {
          namesFields = true
        }
      }
      index = fields.next(.connection, from: line &+ 1)
    }
    self.namesFields = namesFields
  }

  /// Whether the field is named.
  func names(_ name: Span<UInt8>, in fields: borrowing Fields) -> Bool {
    var index = fields.first(.connection)
    while let line = index {
      let value = fields.value(at: line)
      var position = 0
      while let element = value.nextListElement(&position) {
        if value.extracting(element).equalsIgnoringCase(name) { return true }
      }
      index = fields.next(.connection, from: line &+ 1)
    }
    return false
  }

  /// How many options there are.
  ///
  /// Each field of a message is compared with each of them, so there is a limit on their number.
  static func count(in fields: borrowing Fields) -> Int {
    var count = 0
    var index = fields.first(.connection)
    while let line = index {
      let value = fields.value(at: line)
      var position = 0
      while value.nextListElement(&position) != nil { count &+= 1 }
      index = fields.next(.connection, from: line &+ 1)
    }
    return count
  }

  static let countMax = 32
}

extension KnownFieldSet {
  /// Fields that concern one connection and never pass a gateway (RFC 9110 §7.6.1, RFC 9113 §8.2.2).
  static let hopByHop: KnownFieldSet = [
    .connection, .keepAlive, .te, .trailer, .upgrade, .transferEncoding, .http2Settings, .proxyConnection,
    .proxyAuthenticate, .proxyAuthorization,
  ]
}
