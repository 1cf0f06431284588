import JSON

extension Loading {
  /// The longest duration that the configuration takes: ten years.
  static let longest: Duration = .seconds(3650 * 86_400)

  /// A duration: a whole number and its unit, as a string.
  func duration(_ value: LocatedJSON?, in range: ClosedRange<Duration>) -> Duration? {
    guard let value else { return nil }
    guard case .string(let text) = value.content else {
      error(at: value.location, "a duration is a string with a unit, such as \"30s\", found \(value.kind)")
      return nil
    }
    let duration: Duration
    switch Quantity(text) {
    case .none:
      error(
        at: value.location, "\"\(text)\" is not a duration: write a whole number and ms, s, m, h or d, such as \"30s\"")
      return nil
    case .tooLarge:
      duration = .seconds(Int64.max)
    case .some(let count, let unit):
      guard let milliseconds = Self.milliseconds[unit] else {
        let found = unit.isEmpty ? "has no unit" : "has the unknown unit '\(unit)'"
        error(at: value.location, "\"\(text)\" \(found); the units of durations are ms, s, m, h and d")
        return nil
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: milliseconds)
      duration = overflow ? .seconds(Int64.max) : .milliseconds(product)
    }
    guard range.contains(duration) else {
      let least = Self.text(range.lowerBound)
      error(
        at: value.location,
        "\"\(text)\" is out of range: expected a duration from \(least) to \(Self.text(range.upperBound))")
      return nil
    }
    return duration
  }

  /// A duration that must take some time.
  func timeout(_ value: LocatedJSON?) -> Duration? { duration(value, in: .milliseconds(1)...Self.longest) }

  /// A duration that is counted in seconds: a second at least, unless less is said to do.
  func wholeSeconds(_ value: LocatedJSON?, from least: Duration = .seconds(1)) -> Duration? {
    guard let value, let duration = duration(value, in: least...Self.longest) else { return nil }
    guard duration.components.attoseconds == 0 else {
      error(at: value.location, "expected whole seconds")
      return nil
    }
    return duration
  }

  /// A size in bytes: a whole number and its unit, as a string.
  func size(_ value: LocatedJSON?, in range: ClosedRange<Int>) -> Int? {
    guard let value else { return nil }
    guard case .string(let text) = value.content else {
      error(at: value.location, "a size is a string with a unit, such as \"16KiB\", found \(value.kind)")
      return nil
    }
    let size: Int
    switch Quantity(text) {
    case .none:
      error(
        at: value.location, "\"\(text)\" is not a size: write a whole number and B, KiB, MiB or GiB, such as \"16KiB\"")
      return nil
    case .tooLarge:
      size = .max
    case .some(let count, let unit):
      guard let bytes = Self.bytes[unit] else {
        let found = unit.isEmpty ? "has no unit" : "has the unknown unit '\(unit)'"
        error(at: value.location, "\"\(text)\" \(found); the units of sizes are B, KB, MB, GB, KiB, MiB and GiB")
        return nil
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: bytes)
      size = overflow ? .max : product
    }
    guard range.contains(size) else {
      let least = Self.text(bytes: range.lowerBound)
      error(
        at: value.location,
        "\"\(text)\" is out of range: expected a size from \(least) to \(Self.text(bytes: range.upperBound))")
      return nil
    }
    return size
  }

  /// The largest size of a body that can be set short of `"unlimited"`: 1 PiB.
  static let largest = 1 << 50

  /// Reads a limit on bodies: a size or `"unlimited"`.
  func bodyLimit(_ value: LocatedJSON?) -> BodyLimit? {
    if case .string("unlimited")? = value?.content { return .unlimited }
    return size(value, in: 0...Self.largest).map(BodyLimit.bytes)
  }

  /// The milliseconds of each unit of durations.
  fileprivate static let milliseconds = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]

  private static let bytes = [
    "B": 1, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
  ]

  /// The duration as the configuration would write it.
  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    if attoseconds != 0 { return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms" }
    if seconds > 0, seconds % 86_400 == 0 { return "\(seconds / 86_400)d" }
    if seconds > 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
    return "\(seconds)s"
  }

  private static func text(bytes: Int) -> String {
    for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes >= size && bytes % size == 0
    {
      return "\(bytes / size)\(unit)"
    }
    return "\(bytes)B"
  }
}

extension Duration {
  /// A duration as the configuration writes it, such as `5m`; nil for any other text, and for more than ten years.
  package init?(configurationText text: String) {
    guard case .some(let count, let unit) = Quantity(text), let factor = Loading.milliseconds[unit] else { return nil }
    let (milliseconds, overflow) = count.multipliedReportingOverflow(by: factor)
    guard !overflow, .milliseconds(milliseconds) <= Loading.longest else { return nil }
    self = .milliseconds(milliseconds)
  }
}

/// A whole number and what stands behind it.
private enum Quantity {
  case none
  case tooLarge
  case some(Int, unit: String)

  init(_ text: String) {
    let digits = text.utf8.prefix { $0 &- 48 < 10 }
    let unit = String(text.utf8.dropFirst(digits.count)) ?? ""
    guard !digits.isEmpty, unit.utf8.allSatisfy({ ($0 | 0x20) &- 97 < 26 }) else {
      self = .none
      return
    }
    if let count = Int(String(digits) ?? "") { self = .some(count, unit: unit) } else { self = .tooLarge }
  }
}
