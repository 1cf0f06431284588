import Glibc

/// The reader that `PORTCULLIS_FUZZ_READER` names.
private let chosen: Reader = {
  let name = unsafe getenv("PORTCULLIS_FUZZ_READER").map { unsafe String(cString: $0) } ?? ""
  guard let reader = Reader(rawValue: name) else {
    print("PORTCULLIS_FUZZ_READER must be one of: \(Reader.allCases.map(\.rawValue).joined(separator: " "))")
    exit(2)
  }
  return reader
}()

/// The function that libFuzzer calls with every input.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  // A copy of exactly that size, so that the address sanitizer sees a read of one octet too many.
  chosen.read(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// Ends the process, with the input kept by libFuzzer, unless what must hold does.
func require(_ holds: Bool, _ rule: String, _ details: @autoclosure () -> String = "") {
  if holds { return }
  print("BROKEN RULE: \(rule)\n\(details())")
  fflush(nil)
  fatalError(rule)
}

/// Choices that depend on the input alone: where to cut it, which rules to forward it by.
struct Choices: RandomNumberGenerator {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  init(from bytes: [UInt8]) {
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  mutating func coin() -> Bool { next() & 1 == 1 }

  /// The ends of the pieces that so many bytes come in: a few, or one for each byte of a short input.
  mutating func cuts(_ count: Int) -> [Int] {
    if count <= 300, next() % 4 == 0 { return Array(0...count) }
    return (0..<Int.random(in: 1...4, using: &self)).map { _ in .random(in: 0...count, using: &self) }.sorted() + [
      count
    ]
  }
}

/// The bytes as a literal would have them.
func shown(_ bytes: [UInt8]) -> String {
  var text = ""
  for byte in bytes {
    switch byte {
    case 13: text += "\\r"
    case 10: text += "\\n\n"
    case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
    default: text += "\\x" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
  }
  return text
}

extension [UInt8] {
  /// True if the others stand in it somewhere, one behind the other.
  func contains(_ others: [UInt8]) -> Bool {
    guard let first = others.first, count >= others.count else { return others.isEmpty }
    for start in 0...(count - others.count)
    where self[start] == first && self[start..<(start + others.count)].elementsEqual(others) {
      return true
    }
    return false
  }
}
