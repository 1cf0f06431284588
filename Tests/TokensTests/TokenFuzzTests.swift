import TestSupport
import Testing
import Tokens

@Suite struct `Fuzzed tokens` {
  /// Mutations of good tokens, from a seed that a failure names; as long as PORTCULLIS_FUZZ_SECONDS says, by default one second.
  @Test func `nothing but a good token is ever accepted`() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(seed: seed)
    let verifier = try TokenVerifier(issuers: [Sample.issuer()])
    let good = [
      Sample.token(), Sample.token(#"{"alg":"HS256"}"#),
      Sample.token(
        Sample.header, Sample.payload(["roles": #"["a","b"]"#, "nested": #"{"x":[1,2.5e3,null,"\u00e9"]}"#])),
    ]
    let end = Fuzzing.end
    var count = 0
    repeat {
      let mutated = mutate(good[Int(random.next() % UInt64(good.count))], with: good, &random)
      let verified = try? verifier.verify(mutated.span, now: Sample.now)
      #expect((verified != nil) == good.contains(mutated), "seed \(seed), round \(count): \(mutated)")
      _ = TokenInspection(mutated.span, verifier: verifier, now: Sample.now)
      count += 1
    } while ContinuousClock.now < end
  }

  /// Signed by the right key, so that the claims behind the signature are reached: whatever they are, they are judged and nothing traps.
  @Test func `claims of any shape under a good signature are judged`() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(seed: seed)
    let verifier = try TokenVerifier(issuers: [Sample.issuer(leeway: 1, maximumLifetime: 1000)])
    let values = [
      "0", "-1", "1e308", "1700000000", "9007199254740991", "\"\"", "\"orders\"", "null", "true", "[]", "{}",
      "[\"orders\"]", "[[]]",
      "1699999999.999", "1e-400", "-0", "\"\\u0000\"",
    ]
    for round in 0..<2000 {
      var members: [String] = []
      for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "roles", "scope", "user"] where random.next() % 4 != 0 {
        let value = values[Int(random.next() % UInt64(values.count))]
        members.append("\"\(name)\":\(name == "iss" && random.next() % 4 != 0 ? "\"\(Sample.issuerName)\"" : value)")
      }
      let token = Sample.token(Sample.header, "{" + members.joined(separator: ",") + "}")
      let inspection = TokenInspection(token.span, verifier: verifier, now: Sample.now)
      let verified = try? verifier.verify(token.span, now: Sample.now)
      #expect((verified == nil) == (inspection.verdict != nil), "seed \(seed), round \(round): \(members)")
      #expect(verified?.rejection(at: Sample.now) == nil)
      #expect(verified?.subject.isEmpty != true)
    }
  }

  private func mutate(_ token: [UInt8], with others: [[UInt8]], _ random: inout SplitMix64) -> [UInt8] {
    var token = token
    for _ in 0...(random.next() % 3) {
      guard !token.isEmpty else { return token }
      let place = Int(random.next() % UInt64(token.count))
      switch random.next() % 8 {
      case 0: token[place] ^= 1 << UInt8(random.next() % 8)
      case 1: token[place] = UInt8(truncatingIfNeeded: random.next())
      case 2: token.remove(at: place)
      case 3: token.insert(Array("AZaz09-_.= \n%".utf8)[Int(random.next() % 13)], at: place)
      case 4: token.swapAt(place, Int(random.next() % UInt64(token.count)))
      case 5: token.removeSubrange(place..<min(token.count, place + Int(random.next() % 32)))
      case 6: token.insert(contentsOf: token[place..<min(token.count, place + 16)], at: place)
      default:
        // A part of one token in the place of another's.
        let other = others[Int(random.next() % UInt64(others.count))].split(separator: UInt8(ascii: "."))
        var parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let part = Int(random.next() % 3)
        if parts.count == 3 { parts[part] = other[part] }
        token = Array(parts.joined(separator: [UInt8(ascii: ".")]))
      }
    }
    return token
  }
}
