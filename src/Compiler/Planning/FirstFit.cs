namespace ModelDsl.Compiler.Planning;

/// <summary>Assigns offsets: the largest buffers first, each at the lowest place where no buffer that lives at the same time is.</summary>
internal static class FirstFit
{
    /// <summary>Sets <see cref="PlannedBuffer.Offset"/> and returns the size of the arena.</summary>
    public static long Assign(IEnumerable<PlannedBuffer> buffers)
    {
        List<PlannedBuffer> placed = [];
        long size = 0;
        foreach (PlannedBuffer buffer in buffers.Where(buffer => buffer.Last >= buffer.First).OrderByDescending(buffer => buffer.Total).ThenBy(buffer => buffer.First).ThenBy(buffer => buffer.Name, StringComparer.Ordinal))
        {
            long offset = 0;
            foreach (PlannedBuffer other in placed.Where(other => other.First <= buffer.Last && buffer.First <= other.Last).OrderBy(other => other.Offset))
            {
                if (other.Offset - offset >= buffer.Total) break;
                offset = Math.Max(offset, other.Offset + other.Total);
            }

            buffer.Offset = offset;
            placed.Add(buffer);
            size = Math.Max(size, offset + buffer.Total);
        }

        return size;
    }
}
