using System.Globalization;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Layers;

namespace ModelDsl.Compiler.Planning;

/// <summary>Compares what a model costs with its <c>[Budget]</c>. Costs are those of the planned programs.</summary>
internal static class BudgetCheck
{
    private static readonly string[] Limits =
        [nameof(BudgetAttribute.Parameters), nameof(BudgetAttribute.FlopsPerToken), nameof(BudgetAttribute.CacheBytesPerToken), nameof(BudgetAttribute.TrainingBytes)];

    /// <summary>What is wrong with the budget as written.</summary>
    public static IEnumerable<ModelError> CheckArguments(ModelDeclaration model)
    {
        List<ModelError> errors = [];
        if (model.Budget is { } budget) CheckArguments(model, new LayerCheck(model, new DeclarationTarget(model.Type.FullName, null, "Budget"), budget, errors));
        return errors;
    }

    /// <summary>Broken limits of a model without other errors.</summary>
    /// <param name="model">The model.</param>
    /// <param name="programs">All its programs.</param>
    public static IEnumerable<ModelError> Check(ModelDeclaration model, IReadOnlyList<CompiledProgram> programs)
    {
        if (model.Budget is not { } budget) yield break;
        int context = model.Attribute.Int(nameof(ModelAttribute.Context), 0);
        int batch = budget.Int(nameof(BudgetAttribute.Batch), 1), sequence = budget.Int(nameof(BudgetAttribute.Sequence), context);
        Costs costs = Costs.Of(programs, context);
        long rows = (long)batch * sequence;
        (string Limit, double Cost, string What, Func<LayerCost, double> Share)[] limits =
        [
            (nameof(BudgetAttribute.Parameters), costs.Parameters, "has {0} parameters", layer => layer.Parameters),
            (nameof(BudgetAttribute.FlopsPerToken), costs.FlopsPerToken, "takes {0} FLOP a token", layer => layer.FlopsPerToken),
            (nameof(BudgetAttribute.CacheBytesPerToken), costs.CacheBytesPerToken, "caches {0} bytes a token", layer => layer.CacheBytesPerToken),
            (nameof(BudgetAttribute.TrainingBytes), costs.TrainingBytes(batch, sequence), $"takes {{0}} bytes to train {Number(batch)} x {Number(sequence)} tokens",
                layer => (16.0 * layer.Parameters) + ((double)rows * layer.ActivationBytesPerToken)),
        ];
        foreach ((string limit, double cost, string what, Func<LayerCost, double> share) in limits)
        {
            if (!budget.Has(limit) || cost <= budget.Long(limit, 0)) continue;
            IEnumerable<string> largest = costs.Layers.Where(layer => share(layer) > 0).OrderByDescending(share).Take(3).Select(layer => $"{layer.Name} ({Number(share(layer))})");
            yield return DiagnosticCatalogue.OverBudget.At(
                new DeclarationTarget(model.Type.FullName, null, "Budget", limit), model.Type.Name,
                string.Format(CultureInfo.InvariantCulture, what, Number(cost)), Number(cost - budget.Long(limit, 0)), Number(budget.Long(limit, 0)), string.Join(", ", largest));
        }
    }

    private static void CheckArguments(ModelDeclaration model, LayerCheck check)
    {
        foreach (string limit in Limits) check.InRange(limit, 1, long.MaxValue);
        if (!Limits.Any(check.Attribute.Has)) check.Report(DiagnosticCatalogue.WithoutEffect, "", "Budget", model.Type.Name, "it gives no limit");
        check.InRange(nameof(BudgetAttribute.Batch), 1);
        check.InRange(nameof(BudgetAttribute.Sequence), 1, model.Attribute.Int(nameof(ModelAttribute.Context), 0));
        if (!ModelChecks.IsLanguageModel(model))
        {
            foreach (string limit in (string[])[nameof(BudgetAttribute.CacheBytesPerToken), nameof(BudgetAttribute.TrainingBytes)])
                check.Useless(limit, "a model without an embedding and a head is neither decoded nor trained on tokens");
        }

        if (!check.Attribute.Has(nameof(BudgetAttribute.TrainingBytes)))
        {
            foreach (string size in (string[])[nameof(BudgetAttribute.Batch), nameof(BudgetAttribute.Sequence)]) check.Useless(size, "it is the size that TrainingBytes is for: give that too");
        }
    }

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
