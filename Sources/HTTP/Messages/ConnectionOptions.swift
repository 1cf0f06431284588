import Bytes

/// What the sender of a message says in `Connection` (RFC 9110 §7.6.1), over all its lines.
struct ConnectionOptions {
  private(set) var closes = false
  private(set) var keepsAlive = false
  private(set) var upgrades = false
  /// Whether fields are named as meant for one hop only, beyond those that are removed anyway.
  private(set) var namesFields = false
  private(set) var count = 0

  /// How many options are taken: each field of a message is compared with each of them.
  static let countMax = 32

  init() {}

  init(_ fields: borrowing Fields) {
    var index = fields.first(.connection)
    while let line = index {
      let value = fields.value(at: line)
      var position = 0
      while let element = value.nextListElement(&position) { add(value.extracting(element)) }
      index = fields.next(.connection, from: line &+ 1)
    }
  }

  /// The options that mean something to the gateway are spelt like the fields that go with them, but for `close`.
  private mutating func add(_ option: Span<UInt8>) {
    count &+= 1
    switch KnownField(name: option) {
    case .keepAlive: keepsAlive = true
    case .upgrade: upgrades = true
    case let field where KnownFieldSet.hopByHop.contains(field): break
    default: if option.equalsIgnoringCase("close") { closes = true } else { namesFields = true }
    }
  }

  /// Whether the connection is kept once the message has ended (RFC 9112 §9.3).
  func keepsConnection(_ version: Version) -> Bool {
    switch version {
    case .http11: !closes
    case .http10: keepsAlive && !closes
    }
  }

  /// Whether the field is named.
  ///
  /// Asked only where ``namesFields``.
  static func names(_ name: Span<UInt8>, in fields: borrowing Fields) -> Bool {
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
}

extension KnownFieldSet {
  /// Fields that concern one connection and never pass a gateway (RFC 9110 §7.6.1, RFC 9113 §8.2.2).
  static var hopByHop: KnownFieldSet {
    [
      .connection, .keepAlive, .te, .trailer, .upgrade, .transferEncoding, .http2Settings, .proxyConnection,
      .proxyAuthenticate, .proxyAuthorization,
    ]
  }
}
