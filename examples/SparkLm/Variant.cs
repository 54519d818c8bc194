using ModelDsl;

namespace SparkLmExample;

/// <summary>One of the architectures that are compared.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Card">What it costs.</param>
/// <param name="Train">Trains it from a seed.</param>
internal sealed record Variant(string Name, ModelCard Card, Func<Settings, TrainingText, int, Action<long, double>, CancellationToken, Run> Train)
{
    /// <summary>All of them, the baseline first.</summary>
    public static IReadOnlyList<Variant> All { get; } =
    [
        Of<DenseLm>("dense, gated"),
        Of<TopKLm>("top-k without split"),
        Of<SparkFfnLm>("Spark FFN"),
        Of<SparkLm>("Spark FFN and attention"),
    ];

    private static Variant Of<TModel>(string name) where TModel : ILanguageModel<TModel>
        => new(name, TModel.Card, (settings, text, seed, progress, cancellation) => Run.Of<TModel>(settings, text, seed, progress, cancellation));
}
