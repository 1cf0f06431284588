/// The parameters of one scrypt (RFC 7914): N = 2^`logarithm`, r = `blockSize`, p = `parallelism`.
///
/// Only values within bounds exist, so that a hash from a store or an import can't ask for gigabytes or minutes.
package struct ScryptCost: Sendable, Hashable {
  package let logarithm: Int
  package let blockSize: Int
  package let parallelism: Int

  /// The parameters for new passwords: N = 2^15, r = 8, p = 3, which takes 32 MiB and is as strong as OWASP's first choice.
  package static let current = ScryptCost(uncheckedLogarithm: 15, blockSize: 8, parallelism: 3)

  /// The most memory that a hash may take, in bytes: what OWASP's first choice (N = 2^17, r = 8) takes.
  package static let memoryLimit = 128 << 20
  /// The most work, as N · r · p: five times ``current``.
  package static let workLimit = 1 << 22

  /// The cost if it is one that RFC 7914 §2 allows and the limits here hold; nil else.
  package init?(logarithm: Int, blockSize: Int, parallelism: Int) {
    guard (1...20).contains(logarithm), (1...32).contains(blockSize), (1...16).contains(parallelism),
      logarithm < 16 * blockSize
    else { return nil }
    self.init(uncheckedLogarithm: logarithm, blockSize: blockSize, parallelism: parallelism)
    guard memory <= Self.memoryLimit, work <= Self.workLimit else { return nil }
  }

  private init(uncheckedLogarithm logarithm: Int, blockSize: Int, parallelism: Int) {
    self.logarithm = logarithm
    self.blockSize = blockSize
    self.parallelism = parallelism
  }

  /// The memory that it works on, in bytes: 128 · N · r.
  package var memory: Int { (128 * blockSize) << logarithm }
  /// The work of one hash: N · r · p.
  ///
  /// Its time is proportional to that.
  package var work: Int { (blockSize * parallelism) << logarithm }
}
