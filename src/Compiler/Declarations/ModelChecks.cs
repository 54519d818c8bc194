using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Emission;
using ModelDsl.Compiler.Layers;

namespace ModelDsl.Compiler.Declarations;

/// <summary>Rules about a model as a whole.</summary>
internal static class ModelChecks
{
    public static IEnumerable<ModelError> Check(ModelDeclaration model)
    {
        DeclarationTarget target = new(model.Type.FullName);
        if (model.IsUnresolved) yield return DiagnosticCatalogue.Unresolved.At(target, model.Type.Name);
        else
        {
            foreach (string size in new[] { nameof(ModelAttribute.Width), nameof(ModelAttribute.Context) })
            {
                int value = model.Attribute.Int(size, 0);
                bool written = model.Attribute.Has(size);
                if (value is < 1 or > LayerCheck.MostColumns)
                {
                    yield return DiagnosticCatalogue.ModelSize.At(
                        target with { Attribute = "Model", Argument = written ? size : null }, size, model.Type.Name, written ? Text.Invariant(value) : "missing", Text.Invariant(LayerCheck.MostColumns))
                        .Suggesting($"{size} = {Text.Invariant(!written ? 256 : value < 1 ? 1 : LayerCheck.MostColumns)}");
                }
            }
        }

        if (model.Members.Count == 0) yield return DiagnosticCatalogue.Empty.At(target, model.Type.Name);
        foreach (ModelError error in CheckEnds(model, target)) yield return error;
        foreach (ModelError error in CheckTie(model, target)) yield return error;
    }

    /// <summary>Whether the model reads token ids and ends in logits, so that it can be trained and decoded.</summary>
    public static bool IsLanguageModel(ModelDeclaration model)
        => model.Members.Any(member => member.Find("Embedding") is not null) && model.Members.Any(member => member.Find("LanguageHead") is not null);

    // The two ends of a language model: both or none, once, the embedding first and the head last.
    private static IEnumerable<ModelError> CheckEnds(ModelDeclaration model, DeclarationTarget target)
    {
        MemberDeclaration[] embeddings = [.. model.Members.Where(member => member.Find("Embedding") is not null)];
        MemberDeclaration[] heads = [.. model.Members.Where(member => member.Find("LanguageHead") is not null)];
        bool uncertain = model.Members.Any(member => member.IsUnresolved);
        if (heads.Length > 0 && embeddings.Length == 0 && !uncertain)
            yield return DiagnosticCatalogue.NoEmbedding.At(target with { Member = heads[0].Name, Attribute = "LanguageHead" }, model.Type.Name)
                .Suggesting(heads[0].Find("LanguageHead")!.Int("Vocabulary", 0) is >= 2 and int rows ? $"Embedding(Vocabulary = {Text.Invariant(rows)})" : LayerKinds.Complete("Embedding"));
        if (embeddings.Length > 0 && heads.Length == 0 && !uncertain)
            yield return DiagnosticCatalogue.NoHead.At(target with { Member = embeddings[0].Name, Attribute = "Embedding" }, model.Type.Name, embeddings[0].Name)
                .Suggesting($"LanguageHead(TiedTo = nameof({CSharpLiterals.Identifier(embeddings[0].Name)}))");

        foreach ((MemberDeclaration[] found, string attribute) in new[] { (embeddings, "Embedding"), (heads, "LanguageHead") })
        {
            foreach (MemberDeclaration second in found.Skip(1))
                yield return DiagnosticCatalogue.SecondOfKind.At(target with { Member = second.Name, Attribute = attribute }, second.Name, attribute, model.Type.Name, found[0].Name);
        }

        int first = embeddings.Length > 0 ? IndexOf(model, embeddings[0]) : 0;
        int last = heads.Length > 0 ? IndexOf(model, heads[0]) : model.Members.Count - 1;
        for (int index = 0; index < model.Members.Count; index++)
        {
            MemberDeclaration member = model.Members[index];
            if (index < first && Array.IndexOf(heads, member) < 0)
                yield return DiagnosticCatalogue.OutOfReach.At(target with { Member = member.Name }, member.Name, "before the embedding", "nothing flows into it").Suggesting(embeddings[0].Name);
            if (index > last && Array.IndexOf(embeddings, member) < 0 && Array.IndexOf(heads, member) < 0)
                yield return DiagnosticCatalogue.OutOfReach.At(target with { Member = member.Name }, member.Name, "after the head", "nothing reads what it computes").Suggesting(heads[0].Name);
        }

        if (embeddings.Length > 0 && heads.Length > 0 && first > last)
            yield return DiagnosticCatalogue.OutOfReach.At(target with { Member = heads[0].Name }, heads[0].Name, "before the embedding", "nothing flows into it").Suggesting(model.Members[model.Members.Count - 1].Name);
    }

    private static IEnumerable<ModelError> CheckTie(ModelDeclaration model, DeclarationTarget target)
    {
        foreach (MemberDeclaration head in model.Members)
        {
            if (head.IsUnresolved || head.Find("LanguageHead") is not { } attribute || !attribute.Has("TiedTo")) continue;
            string name = attribute.String("TiedTo") ?? "";
            if (model.Members.Any(member => member.Name == name && member.Find("Embedding") is not null)) continue;
            string? embedding = model.Members.FirstOrDefault(member => member.Find("Embedding") is not null)?.Name;
            yield return DiagnosticCatalogue.TiedToUnknown.At(
                target with { Member = head.Name, Attribute = attribute.Name, Argument = "TiedTo" },
                head.Name,
                name,
                model.Type.Name,
                embedding is null ? "" : $": its embedding is '{embedding}'")
                .Suggesting(embedding is null ? ["TiedTo"] : [$"TiedTo = nameof({CSharpLiterals.Identifier(embedding)})", "TiedTo"]);
        }
    }

    private static int IndexOf(ModelDeclaration model, MemberDeclaration member)
    {
        int index = 0;
        while (!ReferenceEquals(model.Members[index], member)) index++;
        return index;
    }
}
