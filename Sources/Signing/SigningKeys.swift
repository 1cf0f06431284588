import Cryptography
import Files
package import Tokens

/// The key pairs of a directory as they were at one time: which one signs, and which others should know.
///
/// Immutable; for any thread.
package struct SigningKeys: Sendable {
  /// The key that signs.
  package let current: SigningKey
  /// The keys that verify: next, current and previous ones.
  package let published: KeySet
  /// The records of the keys: state and times.
  package let records: [KeyRecord]
  /// The time at which the next one of them ends, in seconds since 1970; nil for never.
  let nextEnd: Int?

  /// - Throws: which key can't be used, and why.
  init(_ contents: KeyDirectory.Contents, in path: String) throws(FileError) {
    var signing: SigningKey?
    var keys: [VerificationKey] = []
    for (record, pem) in contents.keys {
      let place = "\(path)/\(record.identifier).pem"
      let key: SigningKey
      do throws(KeyError) {
        key = try Self.key(record, pem)
        let verification = try key.verificationKey()
        keys.append(record.lastIssue.map { verification.retired(latestIssue: Double($0)) } ?? verification)
      } catch {
        throw FileError(path: place, reason: error.message)
      }
      if record.state == .current { signing = key }
    }
    guard let signing else { throw FileError(path: path, reason: "there is no key that signs") }
    current = signing
    do throws(KeyError) { published = try KeySet(keys) } catch {
      throw FileError(path: path, reason: error.message)
    }
    records = contents.keys.map(\.record)
    nextEnd = records.compactMap(\.until).min()
  }

  private static func key(_ record: KeyRecord, _ pem: [UInt8]) throws(KeyError) -> SigningKey {
    guard let algorithm = SignatureAlgorithm(name: record.algorithm) else { throw .withoutAlgorithm }
    let privateKey: PrivateKey
    do throws(AsymmetricKeyError) { privateKey = try PrivateKey(pem: pem.span) } catch { throw .unfit(error) }
    return try SigningKey(algorithm: algorithm, privateKey: privateKey, identifier: record.identifier)
  }

  /// The algorithms that they sign with, none twice.
  package var algorithms: [SignatureAlgorithm] {
    published.keys.flatMap(\.algorithms).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
