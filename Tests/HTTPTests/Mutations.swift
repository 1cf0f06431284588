import TestSupport

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

/// Runs `body` with one generator until ``Fuzzing/end``, and at least a hundred times.
func fuzz(seed: UInt64, _ body: (inout SplitMix64) -> Void) {
  let end = Fuzzing.end
  var generator = SplitMix64(seed: seed)
  var rounds = 0
  while rounds < 100 || ContinuousClock.now < end {
    body(&generator)
    rounds += 1
  }
}
