using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Layers;

namespace ModelDsl.Compiler.Declarations;

/// <summary>Rules about one property.</summary>
internal static class MemberChecks
{
    public static IEnumerable<ModelError> Check(TypeIdentity type, MemberDeclaration member, bool isBlock)
    {
        DeclarationTarget target = new(type.FullName, member.Name);
        if (member.IsUnresolved)
        {
            yield return DiagnosticCatalogue.Unresolved.At(target, member.Name);
            yield break;
        }

        foreach (ModelError error in CheckForm(type, member, target, isBlock)) yield return error;
        foreach (ModelError error in CheckKind(member, target, isBlock)) yield return error;
        foreach (ModelError error in CheckModifiers(member, target)) yield return error;
        foreach (AttributeDeclaration attribute in member.Attributes)
        {
            foreach (ArgumentDeclaration argument in attribute.Arguments)
            {
                if (IsUndefinedEnumValue(attribute, argument))
                    yield return DiagnosticCatalogue.UndefinedValue.At(target with { Attribute = attribute.Name, Argument = argument.Name }, argument.Name, (string)argument.Value!);
            }
        }
    }

    private static IEnumerable<ModelError> CheckForm(TypeIdentity type, MemberDeclaration member, DeclarationTarget target, bool isBlock)
    {
        if (!member.IsPartial)
            yield return DiagnosticCatalogue.PropertyForm.At(target, member.Name, member.Accessibility.Length == 0 ? "public" : member.Accessibility, Expected(member));

        if ((isBlock ? ReservedNames.OfBlocks : ReservedNames.OfModels).Any(reserved => reserved.Name == member.Name) || member.Name.StartsWith("__", StringComparison.Ordinal))
            yield return DiagnosticCatalogue.ReservedName.At(target, member.Name, isBlock ? "block" : "model");

        if (isBlock && type.Accessibility == "public" && !member.Accessibility.Split(' ').Contains("public"))
            yield return DiagnosticCatalogue.HiddenLayer.At(target, member.Name, type.Name);
    }

    private static IEnumerable<ModelError> CheckKind(MemberDeclaration member, DeclarationTarget target, bool isBlock)
    {
        AttributeDeclaration[] layers = [.. LayerVocabulary.LayersOf(member)];
        if (layers.Length > 1)
        {
            yield return DiagnosticCatalogue.SeveralLayers.At(target with { Attribute = layers[1].Name }, member.Name, layers[0].Name, layers[1].Name)
                .Suggesting(layers.Take(2).OrderBy(layer => LayerVocabulary.Find(layer.Name)!.PropertyType == member.PropertyTypeName).Select(layer => layer.Name));
            yield break;
        }

        if (layers is [{ } layer])
        {
            LayerTerm term = LayerVocabulary.Find(layer.Name)!;
            if (member.PropertyTypeName != term.PropertyType)
                yield return DiagnosticCatalogue.PropertyType.At(target, member.Name, Unqualified(member.PropertyType), layer.Name, term.PropertyType!).Suggesting(term.PropertyType!);
            if (isBlock && term.IsModelOnly)
                yield return DiagnosticCatalogue.ModelOnlyLayer.At(target with { Attribute = layer.Name }, member.Name, layer.Name);
            yield break;
        }

        if (member.IsStack)
        {
            if (member.PropertyType.EndsWith("?", StringComparison.Ordinal))
                yield return DiagnosticCatalogue.PropertyType.At(target, member.Name, Unqualified(member.PropertyType), "Repeat", Unqualified(member.PropertyType).TrimEnd('?')).Suggesting(Unqualified(member.PropertyType).TrimEnd('?'));
            if (member.BlockName is null) yield return DiagnosticCatalogue.NotABlock.At(target, member.Name, StackedType(member));
            if (member.Find("Repeat") is null) yield return DiagnosticCatalogue.StackWithoutRepeat.At(target, member.Name).Suggesting("Repeat(1)");
        }
        else if (member.BlockName is null)
        {
            string[] fitting = [.. LayerVocabulary.All.Where(term => term.PropertyType == member.PropertyTypeName).Select(term => term.Name)];
            yield return DiagnosticCatalogue.NoLayer.At(target, member.Name, Named(fitting)).Suggesting(fitting.Select(LayerKinds.Complete));
        }
    }

    private static IEnumerable<ModelError> CheckModifiers(MemberDeclaration member, DeclarationTarget target)
    {
        if (member.Find("Repeat") is { } repeat)
        {
            DeclarationTarget onRepeat = target with { Attribute = repeat.Name };
            int count = repeat.Int("count", 1);
            if (!member.IsStack)
                yield return DiagnosticCatalogue.WithoutEffect.At(onRepeat, repeat.Name, member.Name, "only a property of type 'BlockStack<T>' is repeated");
            else if (count < 1)
                yield return DiagnosticCatalogue.RepeatCount.At(onRepeat with { Argument = "count" }, member.Name, Text.Invariant(count)).Suggesting("count = 1");
            else if (count > LayerCheck.MostColumns)
            {
                string most = Text.Invariant(LayerCheck.MostColumns);
                yield return DiagnosticCatalogue.OutOfRange.At(onRepeat with { Argument = "count" }, "count", Text.Invariant(count), "at most " + most).Suggesting("count = " + most);
            }
        }

        if (member.Find("PostNorm") is { } norm && norm.Has(nameof(PostNormAttribute.InsideResidual)) && member.Find("Residual") is null)
        {
            yield return DiagnosticCatalogue.WithoutEffect.At(
                target with { Attribute = norm.Name, Argument = nameof(PostNormAttribute.InsideResidual) }, "PostNorm(InsideResidual)", member.Name, "there is no [Residual] to be inside of")
                .Suggesting(nameof(PostNormAttribute.InsideResidual));
        }

        LayerTerm? layer = LayerVocabulary.LayersOf(member).Select(attribute => LayerVocabulary.Find(attribute.Name)).FirstOrDefault();
        if (layer is { IsSublayer: true } || (layer is null && member.BlockName is null)) yield break;

        string what = layer is null ? "a block norms and adds inside, layer by layer" : "it needs a layer that maps the stream to the stream, such as [Attention] or [Ffn]";
        foreach (AttributeDeclaration attribute in member.Attributes)
        {
            if (LayerVocabulary.Find(attribute.Name) is { NeedsSublayer: true })
                yield return DiagnosticCatalogue.WithoutEffect.At(target with { Attribute = attribute.Name }, attribute.Name, member.Name, what);
        }
    }

    // The reader gives enum members by name: what is no name has no member.
    private static bool IsUndefinedEnumValue(AttributeDeclaration attribute, ArgumentDeclaration argument)
        => argument.Value is string { Length: > 0 } text
            && (char.IsDigit(text[0]) || text[0] == '-')
            && LayerVocabulary.Find(attribute.Name)?.IsEnum(argument.Name) == true;

    private static string Expected(MemberDeclaration member)
        => LayerVocabulary.LayersOf(member).Select(attribute => LayerVocabulary.Find(attribute.Name)!.PropertyType).FirstOrDefault() ?? Unqualified(member.PropertyType);

    private static string Named(string[] attributes)
        => attributes.Length > 0 ? string.Join(" or ", attributes.Select(name => "[" + name + "]")) : "a layer's attribute, such as [Attention] or [Ffn],";

    private static string StackedType(MemberDeclaration member)
    {
        string type = Unqualified(member.PropertyType);
        int open = type.IndexOf('<');
        return open < 0 ? type : type.Substring(open + 1, type.Length - open - 2);
    }

    private static string Unqualified(string type) => type.Replace("global::", "").Replace("ModelDsl.", "");
}
