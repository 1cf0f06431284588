import TestSupport

/// The random decisions of a simulation.
struct Dice {
  private var source: SplitMix64

  init(seed: UInt64) { source = SplitMix64(seed: seed) }

  mutating func number<Number: FixedWidthInteger>(in range: ClosedRange<Number>) -> Number {
    Number.random(in: range, using: &source)
  }

  /// True in so many of so many cases.
  mutating func chance(_ part: Int, in whole: Int) -> Bool { number(in: 1...whole) <= part }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(in: 0...elements.count - 1)] }

  /// A pause between two actions of a peer, in nanoseconds: mostly short; where it may be long, at times longer than any limit.
  mutating func delay(isLong: Bool) -> Int64 {
    switch number(in: 0...99) {
    case 0..<60: number(in: 0...200_000)
    case 60..<90: number(in: 0...20_000_000)
    case 90..<98: number(in: 0...(isLong ? 300_000_000 : 20_000_000))
    default: number(in: 0...(isLong ? 8_000_000_000 : 50_000_000))
    }
  }
}
