import Bytes
import HTTP

/// The freshness lifetime of a response (RFC 9111 §4.2), in whole seconds.
enum CacheLifetime {
  /// Zero if it is not to be kept, nil if it does not say.
  static func seconds(of fields: borrowing Fields) -> Int64? {
    var lifetime: Int64?
    var age: Int64 = 0
    for line in 0..<fields.count {
      let name = fields.name(at: line)
      if name.equalsIgnoringCase("cache-control") {
        guard let found = directives(fields.value(at: line)) else { continue }
        // Of several the shortest.
        lifetime = min(lifetime ?? found, found)
      } else if name.equalsIgnoringCase("age") {
        age = max(age, Self.seconds(fields.value(at: line)) ?? 0)
      }
    }
    return lifetime.map { max(0, $0 - age) }
  }

  private static func directives(_ list: Span<UInt8>) -> Int64? {
    var lifetime: Int64?
    var position = 0
    while position < list.count {
      let end = list.firstIndex(of: UInt8(ascii: ","), from: position) ?? list.count
      let directive = list.extracting(position..<end).trimmed
      position = end + 1
      if directive.equalsIgnoringCase("no-store") || directive.equalsIgnoringCase("no-cache") { return 0 }
      guard directive.extracting(first: 8).equalsIgnoringCase("max-age=") else { continue }
      var value = directive.extracting(droppingFirst: 8)
      if value.count >= 2, value[0] == UInt8(ascii: "\""), value[value.count - 1] == UInt8(ascii: "\"") {
        value = value.extracting(1..<(value.count - 1))
      }
      // What can't be read is stale (RFC 9111 §4.2.1).
      let found = Self.seconds(value) ?? 0
      lifetime = min(lifetime ?? found, found)
    }
    return lifetime
  }

  /// `delta-seconds` (RFC 9111 §1.2.2); what is too large counts as the largest that must be understood.
  private static func seconds(_ digits: Span<UInt8>) -> Int64? {
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for index in digits.indices {
      guard ASCII.isDigit(digits[index]) else { return nil }
      value = min(value * 10 + Int64(digits[index] - 48), 1 << 31)
    }
    return value
  }
}
