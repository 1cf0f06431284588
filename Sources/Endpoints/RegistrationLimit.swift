package import Accounts
import Bytes
import Configuration
import Cryptography
import Policy
import Synchronization

/// The limit of requests to `/register`; for any thread.
package final class RegistrationLimit: Sendable {
  let configuration: RateLimitConfiguration
  private let table: Mutex<RateLimitTable>

  init(_ configuration: RateLimitConfiguration) {
    self.configuration = configuration
    table = Mutex(RateLimitTable(RateLimit(configuration)))
  }

  /// The name of the request field that tells callers apart; nil where something else does.
  package var fieldName: String? {
    if case .header(let name) = configuration.subject { name } else { nil }
  }

  /// The caller by a value of a field: as long for a long value as for a short one, and never compared as text.
  private static func key(of value: [UInt8]) -> String {
    let digest: [UInt8]
    do throws(CryptographyError) { digest = try HashFunction.sha256.digest(of: value.span) } catch {
      // Without a hash all of them share one allowance.
      return ""
    }
    var text = ByteBuffer(capacity: 64)
    Base64URL.encode(digest.span, into: &text)
    return text.readable.text
  }

  /// Counts a request.
  ///
  /// - Parameters:
  ///   - field: the value of the field of ``fieldName``; nil without.
  ///   - now: nanoseconds of a monotonic clock.
  /// - Throws: the refusal, if it is one too many.
  package func admit(from network: ClientNetwork, field: [UInt8]?, now: Int64) throws(BodyRefusal) {
    let caller =
      switch configuration.subject {
      case .user, .address: network.text
      case .header: Self.key(of: field ?? [])
      case .route: ""
      }
    guard let wait = table.withLock({ $0.admit(caller, now: now) }) else { return }
    let seconds = Int(clamping: (wait + 999_999_999) / 1_000_000_000)
    throw BodyRefusal(reason: .rateLimited, retryAfter: max(1, seconds), limit: configuration.requests)
  }
}
