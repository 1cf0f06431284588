/// A failure of libcrypto.
///
/// The library's texts stay inside: they are not for clients.
package enum CryptographyError: Error, Sendable, Hashable {
  /// libcrypto lacks the algorithm, or had no memory for it.
  case algorithmUnavailable(HashFunction)
  /// libcrypto can't sign or verify so, or had no memory for it.
  case signatureUnavailable
  /// libcrypto lacks scrypt, or had no memory for a password's hash.
  case passwordHashUnavailable
  /// libcrypto lacks the cipher, or had no memory for it.
  case cipherUnavailable
  /// The system's generator gave no random bytes.
  case randomnessUnavailable
}
