using ModelDsl.CodeFixes.Edits;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.CodeFixes;

/// <summary>Which edits mend a broken rule. A rule that no single edit mends is missing here.</summary>
internal static class FixTable
{
    private static readonly Dictionary<string, Func<FixTarget, IEnumerable<Fix>>> ById = new(StringComparer.Ordinal)
    {
        [DiagnosticCatalogue.ClassNotPartial.Id] = ModifierEdits.MakePartial,
        [DiagnosticCatalogue.ClassKind.Id] = ModifierEdits.RemoveKeyword,
        [DiagnosticCatalogue.ClassNestedInNonPartial.Id] = ModifierEdits.MakeContainersPartial,
        [DiagnosticCatalogue.PropertyForm.Id] = PropertyEdits.GiveForm,
        [DiagnosticCatalogue.PropertyType.Id] = PropertyEdits.ChangeType,
        [DiagnosticCatalogue.SeveralLayers.Id] = AttributeEdits.RemoveOne,
        [DiagnosticCatalogue.NoLayer.Id] = AttributeEdits.Add,
        [DiagnosticCatalogue.OutsideModel.Id] = static target => MarkEdits.MarkOwnClass(target).Concat(AttributeEdits.Remove(target)),
        [DiagnosticCatalogue.HiddenLayer.Id] = ModifierEdits.MakePublic,
        [DiagnosticCatalogue.UndefinedValue.Id] = ArgumentEdits.SetToMember,
        [DiagnosticCatalogue.ModelAndBlock.Id] = AttributeEdits.RemoveOne,
        [DiagnosticCatalogue.NoEmbedding.Id] = MemberEdits.AddFirst("Embedding", "Tokens"),
        [DiagnosticCatalogue.NoHead.Id] = MemberEdits.AddLast("Head", "Head"),
        [DiagnosticCatalogue.SecondOfKind.Id] = MemberEdits.Remove,
        [DiagnosticCatalogue.OutOfReach.Id] = static target => MemberEdits.Move(target).Concat(MemberEdits.Remove(target)),
        [DiagnosticCatalogue.TiedToUnknown.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.RepeatCount.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.StackWithoutRepeat.Id] = AttributeEdits.Add,
        [DiagnosticCatalogue.WithoutEffect.Id] = static target => target.Argument is null ? AttributeEdits.Remove(target) : ArgumentEdits.Mend(target),
        [DiagnosticCatalogue.ModelSize.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.NotABlock.Id] = MarkEdits.MarkStackedClass,
        [DiagnosticCatalogue.ModelOnlyLayer.Id] = MemberEdits.Remove,
        [DiagnosticCatalogue.OutOfRange.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.HeadsDivideWidth.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.KeyValueHeads.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.RotaryWidth.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.VocabularyDiffers.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.NotCausal.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.TwoSizes.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.NoSize.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.WindowNotCausal.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.HeadWidthLanes.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.HiddenLanes.Id] = ArgumentEdits.Mend,
        [DiagnosticCatalogue.PredictorLanes.Id] = ArgumentEdits.Mend,
    };

    /// <summary>Ids of the rules with a fix.</summary>
    public static IEnumerable<string> Ids => ById.Keys;

    /// <summary>What can be done about a diagnostic, best first.</summary>
    public static IEnumerable<Fix> Offers(string id, FixTarget target) => ById[id](target);
}
