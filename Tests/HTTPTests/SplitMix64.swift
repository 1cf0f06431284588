import Glibc

/// A small seeded generator, so that what has failed once fails again.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension [UInt8] {
  /// A copy with a few octets changed, in ways that have broken parsers before.
  func mutated<Generator: RandomNumberGenerator>(using generator: inout Generator) -> [UInt8] {
    var bytes = self
    let spice: [String] = [
      "\r", "\n", "\r\n", "\0", " ", "\t", ":", ",", ";", "%", "%2e", "%2F", "%25", "/", "//", "..", "/../", "\\", "#",
      "?",
      "0", "1", "chunked", "Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n", "Host: b\r\n",
      "Connection: X-A\r\n",
      "\u{7F}", "é", "X_Auth_User: x\r\n", "HTTP/1.0", "http://a", "*", "[::1]", ":80",
    ]
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0...bytes.count, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes.insert(contentsOf: Array((spice.randomElement(using: &generator) ?? "").utf8), at: place)
      case 2 where place < bytes.count:
        bytes.removeSubrange(place..<Swift.min(bytes.count, place + Int.random(in: 1...8, using: &generator)))
      case 3 where place < bytes.count:
        let end = Swift.min(bytes.count, place + Int.random(in: 1...24, using: &generator))
        bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
      default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
      }
    }
    return bytes
  }
}

/// Runs `body` with one generator for about `PORTCULLIS_FUZZ_SECONDS` (one second unless set), and at least a hundred times.
func fuzz(seed: UInt64, _ body: (inout SplitMix64) -> Void) {
  let seconds = unsafe getenv("PORTCULLIS_FUZZ_SECONDS").map { unsafe Double(String(cString: $0)) ?? 1 } ?? 1
  let clock = ContinuousClock()
  let end = clock.now + .seconds(seconds)
  var generator = SplitMix64(seed: seed)
  var rounds = 0
  while rounds < 100 || clock.now < end {
    body(&generator)
    rounds += 1
  }
}
