import Bytes

/// The options that the sender of a message gives in `Connection` (RFC 9110 §7.6.1), over all its lines.
///
/// The lines are read once, however many commas they hold; what they name is looked up in ``ListedWords``.
struct ConnectionOptions {
  private(set) var closes = false
  private(set) var keepsAlive = false
  private(set) var upgrades = false
  private(set) var count = 0

  /// The greatest number of options that are taken: each field of a message is looked up among them.
  static let countMax = 32

  /// Reads the options; those beyond ``countMax`` are only counted.
  ///
  /// - Parameter named: afterwards the fields named as meant for one hop only, beyond those that are removed anyway.
  @inline(__always)
  init(_ fields: borrowing Fields, naming named: inout ListedWords) {
    named.removeAll()
    if fields.contains(.connection) { read(fields, naming: &named) }
  }

  private mutating func read(_ fields: borrowing Fields, naming named: inout ListedWords) {
    var index = fields.first(.connection)
    while let line = index {
      let value = fields.value(at: line)
      var position = 0
      while let element = value.nextListElement(&position) {
        add(value.extracting(element), line, element, &named)
      }
      index = fields.next(.connection, from: line &+ 1)
    }
  }

  /// The options that mean something to the gateway are spelt like the fields that go with them, but for `close`.
  private mutating func add(_ option: Span<UInt8>, _ line: Int, _ element: Range<Int>, _ named: inout ListedWords) {
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

  /// True if the connection is kept once the message has ended (RFC 9112 §9.3).
  func keepsConnection(_ version: Version) -> Bool {
    switch version {
    case .http11: !closes
    case .http10: keepsAlive && !closes
    }
  }
}

extension RequestHead {
  /// True if the client wants its HTTP/1.1 connection kept for another request (RFC 9112 §9.3).
  ///
  /// For those who have the head alone; ``RequestHeadParser/keepsConnection`` says the same of the last one.
  package var wantsConnectionKept: Bool {
    var named = ListedWords()
    return ConnectionOptions(fields, naming: &named).keepsConnection(version)
  }
}
