/// Refuses RSA keys whose signatures would prove nothing.
enum RSAKeyRules {
  /// Checks the numbers, which have no leading zeros, and says how many bits the modulus has.
  ///
  /// Its factors can't be looked for; what a careless or hostile maker leaves behind can: a small factor, or the mark of the
  /// generator of CVE-2017-15361.
  static func check(modulus: Span<UInt8>, exponent: Span<UInt8>) throws(AsymmetricKeyError) -> Int {
    let bits = modulus.isEmpty ? 0 : 8 * modulus.count - modulus[0].leadingZeroBitCount
    guard PublicKey.modulusBits.contains(bits) else { throw .modulusSize(bits: bits) }
    var value: UInt64 = 0
    guard exponent.count <= 4 else { throw .exponentUnfit }
    for index in exponent.indices { value = value << 8 | UInt64(exponent[index]) }
    guard value >= 65_537, value & 1 == 1 else { throw .exponentUnfit }
    guard let number = BigNumber(modulus) else { throw .unavailable }
    guard number.isOdd else { throw .modulusComposite }
    var isMarked = true
    for prime in smallPrimes {
      let remainder = number.remainder(dividingBy: prime)
      guard remainder != 0 else { throw .modulusComposite }
      isMarked = isMarked && isPower(remainder, modulo: prime)
    }
    guard !isMarked else { throw .modulusFactorable }
    return bits
  }

  /// Tells whether the number is a power of 65,537 modulo that prime.
  ///
  /// The marked generator made primes that are such powers modulo every small prime at once, and so are their products
  /// (Nemec et al., "The Return of Coppersmith's Attack", 2017, §2). For another modulus each prime is a separate coincidence.
  private static func isPower(_ number: UInt, modulo prime: UInt) -> Bool {
    let base = 65_537 % prime
    var power: UInt = 1
    for _ in 0..<prime {
      if power == number { return true }
      power = power * base % prime
    }
    return false
  }

  /// The odd primes up to 701: all those that the marked generator used for moduli of 2,048 bits.
  private static let smallPrimes: [UInt] = (1...350).map { 2 * $0 + 1 }.filter { number in
    !(2..<number).contains { $0 * $0 <= number && number % $0 == 0 }
  }
}
