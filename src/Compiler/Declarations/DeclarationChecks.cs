using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Layers;

namespace ModelDsl.Compiler.Declarations;

/// <summary>
/// The rules of a declaration: form and structure here, sizes beside each layer. A declaration that passes has what every later stage relies on:
/// one layer a property, the embedding first and the head last if there are any, blocks in no cycle, counts of at least one, sizes that fit.
/// </summary>
internal static class DeclarationChecks
{
    /// <summary>The broken rules of a model and of every block it reaches, the model's first.</summary>
    public static EquatableArray<ModelError> Check(ModelDeclaration model)
        => ClassChecks.Check(model.Type, model.Form, model.Taken, "model")
            .Concat(ModelChecks.Check(model))
            .Concat(model.Members.SelectMany(member => MemberChecks.Check(model.Type, member, isBlock: false)))
            .Concat(LayerChecks.Check(model, model.Type, model.Members))
            .Concat(model.Blocks.SelectMany(block => Check(block, model.Blocks)))
            .Concat(LayerChecks.CheckInBlocks(model))
            .ToEquatableArray();

    /// <summary>The broken rules of a block by itself.</summary>
    /// <param name="block">The block.</param>
    /// <param name="reachable">The blocks it reaches; others do no harm.</param>
    public static EquatableArray<ModelError> Check(BlockDeclaration block, EquatableArray<BlockDeclaration> reachable)
        => ClassChecks.Check(block.Type, block.Form, block.Taken, "block")
            .Concat(BlockChecks.Check(block, reachable))
            .Concat(block.Members.SelectMany(member => MemberChecks.Check(block.Type, member, isBlock: true)))
            .Concat(LayerChecks.Check(null, block.Type, block.Members))
            .ToEquatableArray();

    /// <summary>What would make a model without broken rules faster, its blocks included.</summary>
    public static EquatableArray<ModelError> Advise(ModelDeclaration model)
        => LayerChecks.Advise(model, model.Type, model.Members)
            .Concat(model.Blocks.SelectMany(block => LayerChecks.Advise(model, block.Type, block.Members)))
            .ToEquatableArray();

    /// <summary>What would make a block without broken rules faster, whatever uses it.</summary>
    public static EquatableArray<ModelError> Advise(BlockDeclaration block) => LayerChecks.Advise(null, block.Type, block.Members).ToEquatableArray();

    /// <summary>Whether generated text can be put into the class at all.</summary>
    public static bool CanExtend(ClassForm form)
        => (form & ~(ClassForm.Abstract | ClassForm.LayersInSeveralFiles | ClassForm.ModelAndBlock | ClassChecks.NotConstructible)) == ClassForm.None;
}
