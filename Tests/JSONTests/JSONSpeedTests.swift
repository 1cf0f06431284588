import Bytes
import Foundation
import JSON
import Testing

/// The cost of the reader and the writer; only measured, and only where `PORTCULLIS_MEASURE` is set, in a release build.
@Suite struct JSONSpeedTests {
  /// The claims of an access token as the gateway issues them: 200 bytes.
  static let claims =
    #"{"iss":"https://login.example.com/","sub":"alice@example.com","aud":"orders","iat":1700000000,"exp":1700003600,"#
    + #""jti":"5f0c1c9e7a","sid":"b2a8","roles":["user","admin"],"scope":"orders:read orders:write"}"#

  static var isMeasuring: Bool { ProcessInfo.processInfo.environment["PORTCULLIS_MEASURE"] != nil }

  @Test(.enabled(if: isMeasuring)) func `claims are read within two microseconds`() throws {
    let bytes = Array(Self.claims.utf8)
    let time = try best { _ = try JSONReader.parse(bytes.span) }
    print("claims of \(bytes.count) bytes: \(time) ns")
    #expect(time < 2000)
  }

  @Test(.enabled(if: isMeasuring)) func `an ordinary string is written faster than it is sent`() {
    let bytes = Array(
      "/orders/7c1e2a9d/items?limit=100&cursor=eyJpZCI6MTAwfQ&sort=created_at,desc&filter=open&fields=id".utf8)
    var buffer = ByteBuffer(capacity: 1024)
    let time = best {
      buffer.removeAll()
      buffer.appendJSON(string: bytes.span)
    }
    print("a string of \(bytes.count) bytes: \(time) ns")
    #expect(time < 100)
  }

  /// Nanoseconds a call, of the quickest of several rounds.
  private func best(_ body: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<20 {
      let start = ContinuousClock.now
      for _ in 0..<20_000 { try body() }
      best = min(best, (ContinuousClock.now - start) / .nanoseconds(1) / 20_000)
    }
    return best
  }
}
