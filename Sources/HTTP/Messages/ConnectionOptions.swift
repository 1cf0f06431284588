import Bytes

/// What the sender of a message says in `Connection` (RFC 9110 §7.6.1), over all its lines.
///
/// The lines are read once, however many commas they hold; what they name is looked up in ``ListedWords``.
struct ConnectionOptions {
  private(set) var closes = false
  private(set) var keepsAlive = false
  private(set) var upgrades = false
  private(set) var count = 0
  /// The fields named as meant for one hop only, beyond those that are removed anyway.
  private var named = ListedWords()

  /// How many options are taken: each field of a message is looked up among them.
  static let countMax = 32

  init() {}

  init(_ fields: borrowing Fields) { read(fields) }

  /// Whether fields are named as meant for one hop only, beyond those that are removed anyway.
  var namesFields: Bool { !named.isEmpty }

  /// Reads the options of another message; those beyond ``countMax`` are only counted.
  mutating func read(_ fields: borrowing Fields) {
    (closes, keepsAlive, upgrades, count) = (false, false, false, 0)
    named.removeAll()
    var index = fields.first(.connection)
    while let line = index {
      let value = fields.value(at: line)
      var position = 0
      while let element = value.nextListElement(&position) { add(value.extracting(element), line, element) }
      index = fields.next(.connection, from: line &+ 1)
    }
  }

  /// The options that mean something to the gateway are spelt like the fields that go with them, but for `close`.
  private mutating func add(_ option: Span<UInt8>, _ line: Int, _ element: Range<Int>) {
    count &+= 1
    switch KnownField(name: option) {
    case .keepAlive: keepsAlive = true
    case .upgrade: upgrades = true
    case let field where KnownFieldSet.hopByHop.contains(field): break
    default:
      if option.equalsIgnoringCase("close") {
        closes = true
      } else if count <= Self.countMax {
        named.insert(option, line: line, range: element)
      }
    }
  }

  /// Whether the connection is kept once the message has ended (RFC 9112 §9.3).
  func keepsConnection(_ version: Version) -> Bool {
    switch version {
    case .http11: !closes
    case .http10: keepsAlive && !closes
    }
  }

  /// Whether the field is named in these fields, which the options were read from.
  func names(_ name: Span<UInt8>, in fields: borrowing Fields) -> Bool { named.contains(name, in: fields) }
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
