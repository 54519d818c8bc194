using System.Diagnostics.Metrics;

namespace ModelDsl;

/// <summary>
/// The meter <c>ModelDsl</c>, for dotnet-counters, OpenTelemetry and the like. Every instrument carries the tag <c>model</c>.
/// Nothing is computed or allocated while nobody listens.
/// </summary>
internal static class TrainingMetrics
{
    private static readonly Meter Meter = new("ModelDsl", "1.0");
    private static readonly Gauge<double> Loss = Meter.CreateGauge<double>("modeldsl.training.loss", "nat", "Mean cross-entropy of the last step");
    private static readonly Gauge<double> GradientNorm = Meter.CreateGauge<double>("modeldsl.training.gradient_norm", null, "Norm of all gradients of the last step, before clipping");
    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>("modeldsl.training.tokens", "{token}", "Tokens trained on");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("modeldsl.training.step.duration", "s", "Duration of a step");
    private static readonly Gauge<double> Density = Meter.CreateGauge<double>("modeldsl.training.density", "1", "Share of neurons or keys that a layer selected in the last step; tag layer");

    public static void Record(in StepReport report, KeyValuePair<string, object?> model)
    {
        if (Loss.Enabled) Loss.Record(report.Loss, model);
        if (GradientNorm.Enabled) GradientNorm.Record(report.GradientNorm, model);
        if (Tokens.Enabled) Tokens.Add(report.Tokens, model);
        if (Duration.Enabled) Duration.Record(report.Elapsed.TotalSeconds, model);
    }

    /// <param name="densities">Of the step.</param>
    /// <param name="model">The tag of the model.</param>
    /// <param name="layers">The tag of each layer.</param>
    public static void Record(LayerDensities densities, KeyValuePair<string, object?> model, KeyValuePair<string, object?>[] layers)
    {
        if (!Density.Enabled) return;
        for (int i = 0; i < densities.Count; i++) Density.Record(densities[i].Share, model, layers[i]);
    }
}
