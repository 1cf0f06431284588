import HTTPClient

/// A reason for which keys could not be fetched.
enum KeyFetchFailure: Error, Equatable {
  /// On the way there and back.
  case fetch(FetchFailure)
  /// The provider's description of itself is of no use.
  case description(DescriptionFault)
  /// The document holds no keys.
  case keys(KeyProblem)

  var text: String {
    switch self {
    case .fetch(let failure): failure.text
    case .description(let fault): fault.text
    case .keys(let problem): problem.text
    }
  }
}
