using System.Globalization;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Layers;

namespace ModelDsl.Compiler.Planning;

/// <summary>Compares what a model costs with its <c>[Budget]</c>. The one check that compiles: costs are those of the planned programs.</summary>
internal static class BudgetCheck
{
    /// <summary>Broken limits of a model that has no other error.</summary>
    public static IEnumerable<ModelError> Check(ModelDeclaration model)
    {
        if (model.Budget is not { } budget) return [];
        List<ModelError> errors = [];
        if (!CheckArguments(model, new LayerCheck(model, new DeclarationTarget(model.Type.FullName, null, "Budget"), budget, errors))) return errors;

        int context = model.Attribute.Int(nameof(ModelAttribute.Context), 0);
        int batch = budget.Int(nameof(BudgetAttribute.Batch), 1), sequence = budget.Int(nameof(BudgetAttribute.Sequence), context);
        Costs costs = Costs.Of([.. ModelCompiler.Programs(model).Select(kind => CompiledProgram.Compile(model, kind))], context);
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
            errors.Add(DiagnosticCatalogue.OverBudget.At(
                new DeclarationTarget(model.Type.FullName, null, "Budget", limit), model.Type.Name,
                string.Format(CultureInfo.InvariantCulture, what, Number(cost)), Number(cost - budget.Long(limit, 0)), Number(budget.Long(limit, 0)), string.Join(", ", largest))
                .Suggesting($"{limit} = {Text.Invariant((long)Math.Ceiling(cost))}"));
        }

        return errors;
    }

    private static bool CheckArguments(ModelDeclaration model, LayerCheck check)
    {
        bool inRange = true;
        foreach (string limit in (string[])[nameof(BudgetAttribute.Parameters), nameof(BudgetAttribute.FlopsPerToken), nameof(BudgetAttribute.CacheBytesPerToken), nameof(BudgetAttribute.TrainingBytes)])
            inRange &= check.InRange(limit, 1, long.MaxValue);
        inRange &= check.InRange(nameof(BudgetAttribute.Batch), 1) & check.InRange(nameof(BudgetAttribute.Sequence), 1);
        int context = model.Attribute.Int(nameof(ModelAttribute.Context), 0);
        if (check.Attribute.Int(nameof(BudgetAttribute.Sequence), 1) > context)
        {
            check.Report(DiagnosticCatalogue.OutOfRange, nameof(BudgetAttribute.Sequence), [$"Sequence = {Text.Invariant(context)}"], nameof(BudgetAttribute.Sequence), check.Attribute.Int(nameof(BudgetAttribute.Sequence), 1), $"at most the model's context, {Number(context)}");
            inRange = false;
        }

        if (!ModelChecks.IsLanguageModel(model))
        {
            foreach (string limit in (string[])[nameof(BudgetAttribute.CacheBytesPerToken), nameof(BudgetAttribute.TrainingBytes)])
                check.Useless(limit, "a model without an embedding and a head is neither decoded nor trained on tokens");
        }

        if (!check.Attribute.Has(nameof(BudgetAttribute.TrainingBytes)))
        {
            foreach (string size in (string[])[nameof(BudgetAttribute.Batch), nameof(BudgetAttribute.Sequence)]) check.Useless(size, "it is the size that TrainingBytes is for: give that too");
        }

        return inRange;
    }

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
