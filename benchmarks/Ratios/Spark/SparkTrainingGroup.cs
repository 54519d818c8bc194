namespace ModelDsl.Benchmarks.Ratios.Spark;

/// <summary>A training step of a Spark model against a dense gated one of as many parameters.</summary>
internal static class SparkTrainingGroup
{
    private const string Dense = "dense", Spark = "Spark";

    /// <summary>The group.</summary>
    public static RatioGroup Create(int threads)
    {
        DenseSmall dense = DenseSmall.Create(seed: 1);
        SparkSmall spark = SparkSmall.Create(seed: 1);
        if (dense.Parameters.Sum(parameter => parameter.Length) != spark.Parameters.Sum(parameter => parameter.Length)) throw new BenchmarkException("The two models have not as many parameters.");
        Trainer denseTrainer = dense.CreateTrainer(TrainingGroup.Options(threads)), sparkTrainer = spark.CreateTrainer(TrainingGroup.Options(threads));
        (int[] inputs, int[] targets) = Workloads.Tokens(0);
        RatioGroup group = new()
        {
            Name = "training step, Spark FFN 768 x 3072 and dense gated 768 x 2048, 3 layers",
            Contenders = [new(Dense, () => { denseTrainer.Step(inputs, targets); }), new(Spark, () => { sparkTrainer.Step(inputs, targets); })],
            Rows = [new("training step of a Spark FFN model, width 768, of a dense one's speed", round => round[Dense] / round[Spark], 0.95, 1.0)],
            Unit = "tokens/s",
            Figure = (_, seconds) => inputs.Length / seconds,
        };
        foreach (IDisposable resource in (IDisposable[])[dense, spark, denseTrainer, sparkTrainer]) group.Own(resource);
        return group;
    }
}
