import Bytes
internal import COpenSSL
internal import Cryptography
import Synchronization

/// The keys under which sessions are handed to clients as tickets (RFC 5077, RFC 8446 §4.6.1), shared by all workers.
///
/// A key encrypts for ``lifetime`` and decrypts for two more such times. Whoever has a key can read recorded sessions of TLS 1.2, so keys
/// are never written anywhere.
package final class TicketKeys: Sendable {
  /// The time for which a key encrypts, in seconds.
  static let lifetime = 12 * 3600

  struct Key: Sendable {
    /// Stands in front of each ticket, in clear.
    let name: [UInt8]
    let cipherKey: [UInt8]
    let macKey: [UInt8]
    /// In seconds since 1970.
    let made: Int

    init(at now: Int) throws(CryptographyError) {
      name = try SecureRandom.bytes(16)
      cipherKey = try SecureRandom.bytes(32)
      macKey = try SecureRandom.bytes(32)
      made = now
    }
  }

  /// The current key, then those before it.
  private let keys: Mutex<[Key]>

  /// - Parameter now: in seconds since 1970.
  /// - Throws: ``TLSFileFault/unavailable`` without randomness.
  package init(now: Int) throws(TLSFileFault) {
    do throws(CryptographyError) { keys = Mutex([try Key(at: now)]) } catch { throw .unavailable }
  }

  /// The key for a new ticket; nil without randomness.
  func current(at now: Int) -> Key? {
    keys.withLock { keys in
      // A clock that was set back must not keep a key for ever.
      if let first = keys.first, first.made <= now, now < first.made + Self.lifetime { return first }
      do throws(CryptographyError) { keys.insert(try Key(at: now), at: 0) } catch { return nil }
      keys.removeSubrange(min(keys.count, 3)...)
      return keys.first
    }
  }

  /// The key that made a ticket, and whether it is too old to make another; nil for a ticket of somebody else or of long ago.
  func key(named name: Span<UInt8>, at now: Int) -> (key: Key, isOld: Bool)? {
    keys.withLock { keys in
      guard let index = keys.firstIndex(where: { name.equals($0.name.span) }) else { return nil }
      let age = now - keys[index].made
      guard age < 3 * Self.lifetime else { return nil }
      return (keys[index], index > 0 || age >= Self.lifetime)
    }
  }
}
