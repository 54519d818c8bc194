using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler.Declarations;

/// <summary>Rules about a block as a whole.</summary>
internal static class BlockChecks
{
    public static IEnumerable<ModelError> Check(BlockDeclaration block, EquatableArray<BlockDeclaration> reachable)
    {
        if (block.Members.Count == 0) yield return DiagnosticCatalogue.Empty.At(new DeclarationTarget(block.Type.FullName), block.Type.Name);
        foreach (MemberDeclaration member in block.Members)
        {
            if (PathTo(block, member, reachable) is { } path)
                yield return DiagnosticCatalogue.BlockInItself.At(new DeclarationTarget(block.Type.FullName, member.Name), block.Type.Name, path);
        }
    }

    // The shortest way from a member back to the block: breadth first, over the blocks not seen yet.
    private static string? PathTo(BlockDeclaration target, MemberDeclaration start, EquatableArray<BlockDeclaration> reachable)
    {
        if (start.BlockName is null) return null;
        Queue<(string Block, string Path)> pending = new([(start.BlockName, target.Type.Name + "." + start.Name)]);
        HashSet<string> seen = [];
        while (pending.Count > 0)
        {
            (string name, string path) = pending.Dequeue();
            if (name == target.Type.FullName) return path + " is a '" + target.Type.Name + "'";
            if (!seen.Add(name) || reachable.FirstOrDefault(block => block.Type.FullName == name) is not { } next) continue;
            foreach (MemberDeclaration member in next.Members)
            {
                if (member.BlockName is not null) pending.Enqueue((member.BlockName, path + "." + member.Name));
            }
        }

        return null;
    }
}
