import Bytes
import HTTP

/// A head as a list of names and values: the simplest form that a version of HTTP could have.
struct RecordingHeadWriter: HeadWriter, ~Copyable {
  struct Field: Equatable {
    var name: String
    var value: String
  }

  /// The first line as HTTP/2 has it: `:method`, `:path`, `:authority`, `:status`.
  private(set) var pseudo: [Field] = []
  private(set) var fields: [Field] = []
  private(set) var use: ConnectionUse?
  private(set) var hasUnknownLength = false
  private(set) var isEnded = false
  private var name = ""
  private var text = ""

  init() {}

  mutating func append(_ text: Span<UInt8>) { self.text += text.text }
  mutating func append(_ text: StaticString) { self.text += "\(text)" }
  mutating func append(hexadecimal value: UInt64, width: Int) {
    let digits = String(value, radix: 16)
    text += String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  mutating func beginRequest(_ method: Method, scheme: Scheme) {
    pseudo.append(Field(name: ":method", value: method.text))
    pseudo.append(Field(name: ":scheme", value: scheme.rawValue))
    text = ""
  }
  mutating func endRequest() { pseudo.append(Field(name: ":path", value: text)) }
  mutating func authority(_ authority: Span<UInt8>) {
    pseudo.append(Field(name: ":authority", value: authority.text))
  }
  mutating func status(_ status: Int, reason: Span<UInt8>) {
    pseudo.append(Field(name: ":status", value: "\(status)"))
  }

  mutating func field(_ name: Span<UInt8>, _ value: Span<UInt8>) {
    fields.append(Field(name: name.text, value: value.text))
  }
  mutating func field(_ name: StaticString, _ value: Span<UInt8>) {
    fields.append(Field(name: "\(name)", value: value.text))
  }
  mutating func field(_ name: StaticString, _ value: StaticString) {
    fields.append(Field(name: "\(name)", value: "\(value)"))
  }
  mutating func beginField(_ name: StaticString) { (self.name, text) = ("\(name)", "") }
  mutating func endField() { fields.append(Field(name: name, value: text)) }
  mutating func fields(_ lines: Range<Int>, of fields: borrowing Fields) {
    for index in lines { field(fields.name(at: index), fields.value(at: index)) }
  }
  mutating func fields(_ run: FieldRun) {
    var position = 0
    while let place = run.next(&position) {
      field(run.packed.extracting(place.name), run.packed.extracting(place.value))
    }
  }

  mutating func connection(_ use: ConnectionUse) { self.use = use }
  mutating func contentLength(_ count: UInt64) { fields.append(Field(name: "Content-Length", value: "\(count)")) }
  mutating func unknownLength() { hasUnknownLength = true }
  mutating func end() { isEnded = true }

  /// The head as HTTP/1.1 would have it, in the order in which that writes it.
  func lines(firstLine: String) -> [String] {
    var lines = [firstLine]
    if let host = pseudo.first(where: { $0.name == ":authority" }) { lines.append("Host: \(host.value)") }
    return lines + fields.map { "\($0.name): \($0.value)" }
  }
}
